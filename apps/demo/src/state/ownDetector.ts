// The page "your detector": a plugin, a picture, and what the one sees in the other.

import { computed, effect, signal } from '@preact/signals';
import { iou, type LayoutObject, messageOf } from '@spatiallock/core';
import type { Sighted } from '../detector/check.js';
import { exampleDetector } from '../detector/example.js';
import { runDetector } from '../detector/sandbox.js';
import { readPicture } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';
import { say } from './notices.js';
import { sample } from './sample.js';
import { shots, shown } from './shots.js';
import { keep, kept, onKeptElsewhere } from './storage.js';

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

const KEY = 'spatiallock.detector';

export const source = signal(kept(KEY) ?? exampleDetector);
/** The text that the example or a file took the place of. */
export const replaced = signal<string | undefined>(undefined);
/** Opened from a file. */
export const opened = signal<Subject | undefined>(undefined);
const latest = signal<{ readonly run: Run; readonly picture?: Picture }>({ run: { state: 'idle' } });

/** The file that was opened, else the picture on the canvas, else the newest one, else a sample. */
export const subject = computed((): Subject | undefined => {
  if (opened.value) return opened.value;
  const finished = shots.value.filter(({ status }) => status === 'done');
  const shot = finished.find(({ id }) => id === shown.value?.id) ?? finished[0];
  if (!shot?.picture) return sampleSubject();
  return {
    title: `${shot.layout.prompt}, seed ${shot.seed}`,
    picture: shot.picture,
    objects: shot.layout.objects,
  };
});
function sampleSubject(): Subject | undefined {
  const { value } = sample;
  if (value === undefined || value === 'missing') return undefined;
  return { title: value.layout.prompt, picture: value.picture, objects: value.layout.objects };
}

/** Whether there is no picture, and none will come by itself. */
export const isBare = computed(() => subject.value === undefined && sample.value === 'missing');

/** The last look, where it was at the picture that is shown. */
export const run = computed((): Run => {
  const { run: last, picture } = latest.value;
  return last.state === 'running' || picture === subject.value?.picture ? last : { state: 'idle' };
});

/** The text survives a reload; another tab's replaces it, and can be taken back. */
export function keepSource(): void {
  let isTold = false;
  effect(() => {
    if (keep(KEY, source.value) || isTold) return;
    isTold = true;
    say('error', 'The browser refuses to keep the plugin: save its text yourself before you leave.');
  });
  onKeptElsewhere(KEY, (text) => {
    if (text !== source.value) replaceSource(text);
  });
}

/** Puts another text in; `replaced` holds the one that was there. */
export function replaceSource(text: string): void {
  if (text === source.value) return;
  if (source.value !== exampleDetector) replaced.value = source.value;
  source.value = text;
  latest.value = { run: { state: 'idle' } };
}

export async function openPicture(file: File): Promise<void> {
  opened.value = { title: file.name, picture: await readPicture(file), objects: [] };
}

export async function look(): Promise<void> {
  const { picture } = subject.value ?? {};
  if (!picture || latest.value.run.state === 'running') return;
  latest.value = { run: { state: 'running' }, picture };
  try {
    const found = await runDetector(source.value, picture);
    latest.value = { run: { state: 'done', found }, picture };
  } catch (cause) {
    latest.value = { run: { state: 'failed', message: messageOf(cause) }, picture };
  }
}

/** The object that a detection covers best, whatever either is called; undefined where they do not touch. */
export function bestObject(box: LayoutObject['box'], objects: readonly LayoutObject[]) {
  const overlaps = objects.map((object) => ({ object, iou: iou(object.box, box) }));
  const best = overlaps.sort((a, b) => b.iou - a.iou)[0];
  return best && best.iou > 0 ? best : undefined;
}
