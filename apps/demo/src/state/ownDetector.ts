// The page "your detector": a plugin, a picture, and what the one sees in the other.

import { computed, signal } from '@preact/signals';
import type { LayoutObject } from '@spatiallock/core';
import { messageOf } from '@spatiallock/core';
import { iou } from '@spatiallock/detectors';
import { exampleDetector } from '../detector/example.js';
import { runDetector, type Sighted } from '../detector/sandbox.js';
import { readPicture } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';
import { examples } from './examples.js';
import { shots, shown } from './shots.js';

export interface Subject {
  readonly title: string;
  readonly picture: Picture;
  /** What was asked for there, if it is known. */
  readonly objects: readonly LayoutObject[];
}

export type Run =
  | { readonly state: 'idle' }
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'done'; readonly found: Sighted };

export const source = signal(exampleDetector);
export const run = signal<Run>({ state: 'idle' });
/** Opened from a file. */
export const opened = signal<Subject | undefined>(undefined);
const sample = signal<Subject | undefined>(undefined);

/** The file that was opened, else the picture on the canvas, else the newest one, else a sample. */
export const subject = computed((): Subject | undefined => {
  if (opened.value) return opened.value;
  const finished = shots.value.filter(({ status }) => status === 'done');
  const shot = finished.find(({ id }) => id === shown.value?.id) ?? finished[0];
  if (!shot?.picture) return sample.value;
  return {
    title: `${shot.layout.prompt}, seed ${shot.seed}`,
    picture: shot.picture,
    objects: shot.layout.objects,
  };
});

export async function loadSample(): Promise<void> {
  if (sample.value) return;
  const response = await fetch(new URL('sample.png', document.baseURI));
  if (!response.ok) return;
  const { layout } = examples[0]!;
  sample.value = {
    title: layout.prompt,
    picture: await readPicture(await response.blob()),
    objects: layout.objects,
  };
}

export async function openPicture(file: File): Promise<void> {
  opened.value = { title: file.name, picture: await readPicture(file), objects: [] };
  run.value = { state: 'idle' };
}

export async function look(): Promise<void> {
  const { picture } = subject.value ?? {};
  if (!picture || run.value.state === 'running') return;
  run.value = { state: 'running' };
  try {
    run.value = { state: 'done', found: await runDetector(source.value, picture) };
  } catch (cause) {
    run.value = { state: 'failed', message: messageOf(cause) };
  }
}

/** The object that a detection covers best, whatever either is called; undefined where they do not touch. */
export function bestObject(box: LayoutObject['box'], objects: readonly LayoutObject[]) {
  const overlaps = objects.map((object) => ({ object, iou: iou(object.box, box) }));
  const best = overlaps.sort((a, b) => b.iou - a.iou)[0];
  return best && best.iou > 0 ? best : undefined;
}
