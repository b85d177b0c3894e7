// The page "your detector": a plugin, a picture, and what the one sees in the other.

import { computed, signal } from '@preact/signals';
import { iou, type LayoutObject, messageOf } from '@spatiallock/core';
import type { Sighted } from '../detector/check.js';
import { runDetector } from '../detector/sandbox.js';
import { readPicture } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';
import { say } from './notices.js';
import { replacements, replaceSource, source } from './pluginText.js';
import { sample } from './sample.js';
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

/** Bytes of a plugin's file. */
const LARGEST_SOURCE = 2 * 2 ** 20;

/** Opened from a file. */
export const opened = signal<Subject | undefined>(undefined);
interface Look {
  readonly run: Run;
  readonly picture?: Picture;
  /** How often the text was replaced before. */
  readonly after: number;
}
const latest = signal<Look>({ run: { state: 'idle' }, after: 0 });

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

/** The last look, where it was at the picture that is shown, by the text that is there. */
export const run = computed((): Run => {
  const { run: last, picture, after } = latest.value;
  const isCurrent = picture === subject.value?.picture && after === replacements.value;
  return last.state === 'running' || isCurrent ? last : { state: 'idle' };
});

/** Puts the text of a file in; says so where it cannot be read. */
export async function openSource(file: File): Promise<void> {
  try {
    if (file.size > LARGEST_SOURCE) throw new Error('is larger than 2 MiB, and so no plugin');
    replaceSource(await file.text());
  } catch (cause) {
    say('error', `${file.name}: ${messageOf(cause)}`);
  }
}

/** The file that was asked for last: larger ones are read longer. */
let asked: File | undefined;

/** Shows a picture; says so where the browser cannot show it, and `nor` what else it is not. */
export async function openPicture(file: File, nor = ''): Promise<void> {
  asked = file;
  try {
    const picture = await readPicture(file);
    if (asked === file) opened.value = { title: file.name, picture, objects: [] };
  } catch (cause) {
    say('error', `${file.name}: ${messageOf(cause)}${nor}`);
  }
}

/** Opens the first of what is dropped, and says so: a script is a plugin, all else is a picture. */
export function openDropped([file, ...more]: readonly [File, ...File[]]): void {
  if (more.length > 0) say('info', `Of ${more.length + 1} files the first is opened.`);
  const isScript = /\.m?js$/i.test(file.name) || /javascript/.test(file.type);
  void (isScript
    ? openSource(file)
    : openPicture(file, ', and no plugin: that is JavaScript in a .js or .mjs file'));
}

export async function look(): Promise<void> {
  const { picture } = subject.value ?? {};
  if (!picture || latest.value.run.state === 'running') return;
  const { value: after } = replacements;
  latest.value = { run: { state: 'running' }, picture, after };
  try {
    const found = await runDetector(source.value, picture);
    latest.value = { run: { state: 'done', found }, picture, after };
  } catch (cause) {
    latest.value = { run: { state: 'failed', message: messageOf(cause) }, picture, after };
  }
}

/** The object that a detection covers best, whatever either is called; undefined where they do not touch. */
export function bestObject(box: LayoutObject['box'], objects: readonly LayoutObject[]) {
  const overlaps = objects.map((object) => ({ object, iou: iou(object.box, box) }));
  const best = overlaps.sort((a, b) => b.iou - a.iou)[0];
  return best && best.iou > 0 ? best : undefined;
}
