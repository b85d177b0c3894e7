// The gallery: pictures that were asked for, while they are made and after.

import { computed, signal } from '@preact/signals';
import type { Layout } from '@spatiallock/core';
import type { Detection } from '@spatiallock/detectors';
import type { JudgedObject } from '@spatiallock/evaluation';
import type { Job, Picture, Reply } from '../worker/protocol.js';
import { colourOf, type Drawing, layoutOf } from './drawing.js';
import * as engine from './engine.js';
import { announce, say } from './notices.js';
import { type Mode, modeNames, type Settings, variantsOf } from './settings.js';
import { drawing, open } from './studio.js';

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
  readonly mode: Mode;
  readonly status: ShotStatus;
  /** Calls of the U-Net that are done. */
  readonly call: number;
  readonly calls: number;
  /** Milliseconds of each call. */
  readonly times: readonly number[];
  /** The latest preview, or the picture. */
  readonly picture?: Picture;
  readonly judged?: readonly JudgedObject[];
  readonly detections?: readonly Detection[];
  readonly message?: string;
}

/** Older ones are forgotten. */
const MOST = 24;

export const shots = signal<readonly Shot[]>([]);
export const shownId = signal<string | undefined>(undefined);
/** The picture on the canvas. */
export const shown = computed(() => shots.value.find(({ id }) => id === shownId.value));
export const isOpen = ({ status }: Shot): boolean =>
  status === 'waiting' || status === 'compiling' || status === 'running';
export const busy = computed(() => shots.value.some(isOpen));
/** Whether the objects on the canvas are others than those that the shown picture was made from. */
export const isOutdated = computed(
  () => shown.value !== undefined && !isMadeFrom(shown.value, drawing.value),
);

const isMadeFrom = ({ layout }: Shot, given: Drawing): boolean =>
  JSON.stringify(layout) === JSON.stringify(layoutOf(given));

let run = 0;

export function generate(given: Drawing, settings: Settings): void {
  run++;
  const layout = layoutOf(given);
  const variants = variantsOf(settings);
  const made = variants.map(
    ({ seed, mode }, i): Shot => ({
      id: `${Date.now().toString(36)}-${run}-${i}`,
      run,
      compared: settings.compare,
      drawing: given,
      layout,
      colours: given.objects.map(colourOf),
      seed,
      mode,
      status: 'waiting',
      call: 0,
      calls: settings.steps,
      times: [],
    }),
  );
  shots.value = [...made, ...shots.value].slice(0, MOST);
  shownId.value = made[0]!.id;
  const { steps, guidanceScale, scheduler, poiStrength, previews } = settings;
  const common = { layout, steps, guidanceScale, scheduler, poiStrength, previews };
  made.forEach(({ id }, i) => {
    const job: Job = { ...common, ...variants[i]! };
    engine.generate(id, job, (reply) => follow(id, reply));
  });
}

/** Puts a picture on the canvas, with what it was made from: a step that undo takes back. */
export function show(id: string): void {
  const shot = shots.value.find((each) => each.id === id);
  if (!shot) return;
  if (!isMadeFrom(shot, drawing.value)) {
    open(shot.drawing, 'shown picture');
    say('info', "The picture's own boxes are back; undo brings back those that were here.");
  }
  shownId.value = id;
}

export function cancelAll(): void {
  engine.cancel(shots.value.filter(isOpen).map(({ id }) => id));
}

export function remove(id: string): void {
  engine.cancel([id]);
  shots.value = shots.value.filter((shot) => shot.id !== id);
  if (shownId.value === id) shownId.value = undefined;
}

function follow(id: string, reply: Reply): void {
  shots.value = shots.value.map((shot) => (shot.id === id ? { ...shot, ...changeBy(shot, reply) } : shot));
  const shot = shots.value.find((each) => each.id === id);
  const mates = shots.value.filter((each) => each.run === shot?.run);
  if (shot && !isOpen(shot) && !mates.some(isOpen)) announce(mates.map(resultOf).join('. '));
}

/** What became of a picture, to be read out. */
export function resultOf(shot: Shot): string {
  const { compared, mode, seed, status, call, calls, message, judged = [] } = shot;
  const name = compared ? modeNames[mode] : `Picture of seed ${seed}`;
  const mean = meanIou(judged);
  if (status === 'failed') return `${name} failed: ${message}`;
  if (status === 'cancelled') return `${name} cancelled after ${call} of ${calls} steps`;
  return mean === undefined ? `${name} done` : `${name} done, mean IoU ${mean.toFixed(2)}`;
}

export interface Progress {
  readonly text: string;
  /** 0..1, of all pictures together. */
  readonly share: number;
}

/** How far the pictures are that are being made; undefined where none is. */
export function progressOf(all: readonly Shot[]): Progress | undefined {
  const active = all.findLast(isOpen);
  if (!active) return undefined;
  const mates = all.filter((shot) => shot.run === active.run);
  const current = mates.find(({ status }) => status === 'running' || status === 'compiling') ?? active;
  const done = mates.reduce((sum, shot) => sum + (isOpen(shot) ? shot.call / shot.calls : 1), 0);
  const which = mates.length > 1 ? `Picture ${mates.indexOf(current) + 1} of ${mates.length}: ` : '';
  const step =
    current.status === 'running' ? `step ${current.call} of ${current.calls}` : 'preparing the network';
  return { text: `${which}${step}`, share: done / mates.length };
}

export const progress = computed(() => progressOf(shots.value));

function changeBy(shot: Shot, reply: Reply): Partial<Shot> {
  switch (reply.type) {
    case 'compiling':
      return shot.call === 0 ? { status: 'compiling' } : {};
    case 'step': {
      const { call, calls, milliseconds, preview } = reply;
      const times = [...shot.times, milliseconds];
      return { status: 'running', call: call + 1, calls, times, ...(preview ? { picture: preview } : {}) };
    }
    case 'done': {
      const { picture, judged, detections } = reply;
      return { status: 'done', picture, judged, detections };
    }
    case 'failed':
      return { status: 'failed', message: reply.fault.message };
    case 'cancelled':
      return { status: 'cancelled' };
    default:
      return {};
  }
}

/** The median of the calls after the first, which also warms up. */
export function millisecondsPerStep({ times }: Pick<Shot, 'times'>): number | undefined {
  const sorted = (times.length > 1 ? times.slice(1) : times).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Mean IoU of the objects that the detector can judge, 0 for those not found; undefined where it can judge none. */
export function meanIou(judged: readonly JudgedObject[]): number | undefined {
  const known = judged.filter(({ detector }) => detector !== undefined);
  if (known.length === 0) return undefined;
  return known.reduce((sum, { detector }) => sum + (detector?.iou ?? 0), 0) / known.length;
}
