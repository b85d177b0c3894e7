// The gallery: pictures that were asked for, while they are made and after.

import { computed, signal } from '@preact/signals';
import type { Detection, Layout } from '@spatiallock/core';
import type { EvaluatedObject } from '@spatiallock/evaluation';
import type { Picture, Reply } from '../worker/protocol.js';
import type { Extra } from './document.js';
import { colourOf, type Drawing, layoutOf } from './drawing.js';
import * as engine from './engine.js';
import { type JobPlace, jobOf } from './jobs.js';
import { readShot } from './keptShots.js';
import { announce, say } from './notices.js';
import {
  type Mode,
  readSettings,
  type Sampling,
  type Settings,
  samplingOf,
  type Variant,
  variantOf,
  variantsOf,
} from './settings.js';
import { changeBy, unrefined } from './shotChanges.js';
import { resultOf } from './shotFacts.js';
import { originOf, placeKey, placeOf } from './source.js';
import { canGuide, drawing, open, samplingNow, settings, typedSeed } from './studio.js';

export type ShotStatus = 'waiting' | 'compiling' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Shot {
  readonly id: string;
  /** Pictures of one press of the button. */
  readonly run: number;
  readonly compared: boolean;
  /** What it was made from. */
  readonly drawing: Drawing;
  readonly layout: Layout;
  /** CSS colours of its objects. */
  readonly colours: readonly string[];
  readonly seed: number;
  readonly sampling: Sampling;
  readonly mode: Mode;
  /** By which model, over what and how large, see `placeKey`; undefined: by the site's own model, from noise. */
  readonly place?: string;
  /** What its document says besides, such as its model. */
  readonly extra?: Extra;
  /** From a file, which need not say which model painted it, over what, and in what way. */
  readonly adopted?: true;
  /** Follows the boxes: painted in few steps, then refined. */
  readonly live?: boolean;
  /** Of Live: the steps of the picture that is there before it is refined. */
  readonly quickSteps?: number;
  /** What it is called; else by its mode or seed. */
  readonly title?: string;
  readonly status: ShotStatus;
  /** Calls of the U-Net that are done. */
  readonly stepIndex: number;
  readonly calls: number;
  /** Milliseconds of each call. */
  readonly times: readonly number[];
  /** The latest preview, or the picture. */
  readonly picture?: Picture;
  readonly judged?: readonly EvaluatedObject[];
  readonly detections?: readonly Detection[];
  readonly message?: string;
}

/** Older ones are forgotten. */
export const MOST_SHOTS = 24;

export const shots = signal<readonly Shot[]>([]);
export const shownId = signal<string | undefined>(undefined);
/** The picture on the canvas. */
export const shown = computed(() => shots.value.find(({ id }) => id === shownId.value));
export const isOpen = ({ status }: Shot): boolean =>
  status === 'waiting' || status === 'compiling' || status === 'running';
export const busy = computed(() => shots.value.some(isOpen));
/** Whether the objects on the canvas are others than those that the shown picture was made from. */
export const isOutdated = computed(
  () => shown.value !== undefined && !settings.value.live && !isMadeFrom(shown.value, drawing.value),
);

/** Whether a picture is the one that the drawing and the settings would give. */
export const isUpToDate = (shot: Shot | undefined): boolean =>
  shot !== undefined &&
  isMadeFrom(shot, drawing.value) &&
  isSame(shot.sampling, samplingNow.value) &&
  (shot.place ?? '') === placeKey(drawing.value);

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const isMadeFrom = ({ layout }: Shot, given: Drawing): boolean => isSame(layout, layoutOf(given));

/** A finished picture that was painted here of this drawing, sampled in this way, over the same picture and in the same size. */
export const findMade = (given: Drawing, sampling: Sampling): Shot | undefined =>
  shots.value.find(
    (shot) =>
      shot.status === 'done' &&
      !shot.adopted &&
      (shot.place ?? '') === placeKey(given) &&
      isMadeFrom(shot, given) &&
      isSame(shot.sampling, sampling),
  );

let run = 0;

/**
 * Shots of earlier visits, the newest first, out of whatever was kept; those that are not whole are left out. Their runs
 * are counted on, so that none falls together with one of this visit.
 */
export function readShots(kept: readonly unknown[]): readonly Shot[] {
  const whole = kept.flatMap((each) => readShot(each) ?? []).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const runs = new Map<string, Shot[]>();
  for (const shot of whole) {
    const name = shot.id.slice(0, shot.id.lastIndexOf('-'));
    runs.set(name, [shot, ...(runs.get(name) ?? [])]);
  }
  run += runs.size;
  return [...runs.values()]
    .flatMap((each, i) => each.map((shot): Shot => ({ ...shot, run: run - i })))
    .slice(0, MOST_SHOTS);
}

/** Makes the pictures that the settings ask for. */
export function generate(given: Drawing, asked: Settings): void {
  const place = placeOf(given);
  const made = add(given, variantsOf(asked, canGuide.value), { compared: asked.compare, ...originOf(given) });
  shownId.value = made[0]!.id;
  for (const shot of made) work(shot, asked.previews, place);
}

/** New pictures of one press of a button, which wait; `work` makes them. Those of the ids `staying` give no room to them. */
export function add(
  given: Drawing,
  variants: readonly (Variant & { readonly title?: string })[],
  edit: Partial<Shot> = {},
  staying: readonly string[] = [],
): readonly Shot[] {
  run++;
  const made = variants.map(
    ({ sampling, mode, title }, i): Shot => ({
      id: `${Date.now().toString(36)}-${run}-${i}`,
      run,
      compared: false,
      drawing: given,
      layout: layoutOf(given),
      colours: given.objects.map(colourOf),
      seed: sampling.seed,
      sampling,
      mode,
      status: 'waiting',
      stepIndex: 0,
      calls: sampling.steps,
      times: [],
      ...(title === undefined ? {} : { title }),
      ...edit,
    }),
  );
  shots.value = withRoom([...made, ...shots.value], staying);
  return made;
}

/** Drops pictures beyond the gallery's limit: those of Live first, then the oldest; none of the ids `staying`. */
export function withRoom(all: readonly Shot[], staying: readonly string[] = []): readonly Shot[] {
  const tooMany = all.length - MOST_SHOTS;
  if (tooMany <= 0) return all;
  const oldest = all.filter(({ id }, i) => i > 0 && !staying.includes(id)).toReversed();
  const isSpare = (shot: Shot): boolean => shot.live === true && !isOpen(shot);
  const order = [...oldest.filter(isSpare), ...oldest.filter((shot) => !isSpare(shot))];
  const dropped = new Set(order.slice(0, tooMany));
  return all.filter((shot) => !dropped.has(shot));
}

export function work({ id, layout, mode, sampling }: Shot, previews: boolean, place: JobPlace = {}): void {
  engine.generate(id, jobOf(layout, { mode, sampling }, previews, place), (reply) => follow(id, reply));
}

/** A picture that was made elsewhere, from a file, on the canvas and in the gallery. */
export function adopt(given: Drawing, sampling: Sampling, picture: Picture, extra: Extra = {}): void {
  const [shot] = add(given, [variantOf(sampling)], { status: 'done', picture, adopted: true, extra });
  shownId.value = shot!.id;
}

/** Changes a picture in its place. */
export function edit(id: string, change: Partial<Shot>): void {
  shots.value = shots.value.map((shot) => (shot.id === id ? { ...shot, ...change } : shot));
}

/** Puts a picture on the canvas, with what it was made from: a step that undo takes back. */
export function show(id: string): void {
  const shot = shots.value.find((each) => each.id === id);
  if (!shot) return;
  // A seed that was typed and could not be used gives way to the picture's, also where that is the one before.
  typedSeed.value = undefined;
  const { sampling } = shot;
  const said: string[] = [];
  if (!isMadeFrom(shot, drawing.value) || !isSame(sampling, samplingNow.value)) {
    const usable = samplingOf(readSettings(sampling));
    open(isMadeFrom(shot, drawing.value) ? drawing.value : shot.drawing, 'shown picture', usable);
    said.push("The picture's own boxes and settings are back; undo brings back those that were here.");
  }
  if (!shot.adopted && (shot.place ?? '') !== placeKey(drawing.value)) {
    said.push('Its model, its size or what it was painted over are others now.');
  }
  if (said.length > 0) say('info', said.join(' '));
  shownId.value = id;
}

export function cancelAll(): void {
  engine.cancel(shots.value.filter(isOpen).map(({ id }) => id));
  // Running pictures without a job: Live's pictures that wait for their refinement.
  for (const shot of shots.value.filter(isOpen)) {
    edit(shot.id, shot.judged ? unrefined(shot) : { status: 'cancelled' });
  }
}

/** The finished picture that was removed last. */
export const removed = signal<Shot | undefined>(undefined);

export function remove(id: string): void {
  const shot = shots.value.find((each) => each.id === id);
  if (shot && !isOpen(shot)) removed.value = shot;
  engine.cancel([id]);
  shots.value = shots.value.filter((each) => each.id !== id);
  if (shownId.value === id) shownId.value = undefined;
}

/** Puts the picture that was removed last back in its place. */
export function bringBack(): void {
  const { value: shot } = removed;
  if (!shot) return;
  removed.value = undefined;
  const at = shots.value.findIndex(
    ({ run: own, id }) => own < shot.run || (own === shot.run && id > shot.id),
  );
  shots.value = withRoom(shots.value.toSpliced(at < 0 ? shots.value.length : at, 0, shot), [shot.id]);
}

function follow(id: string, reply: Reply): void {
  shots.value = shots.value.map((shot) => (shot.id === id ? { ...shot, ...changeBy(shot, reply) } : shot));
  const shot = shots.value.find((each) => each.id === id);
  const mates = shots.value.filter((each) => each.run === shot?.run);
  if (shot && !isOpen(shot) && !mates.some(isOpen)) announce(mates.map(resultOf).join('. '));
}
