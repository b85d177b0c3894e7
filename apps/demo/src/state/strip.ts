// A strip: pictures of one seed along keyframes.

import { computed, effect, signal } from '@preact/signals';
import { framesOf } from '../canvas/keyframes.js';
import type { Picture, Reply } from '../worker/protocol.js';
import { type Drawing, layoutOf } from './drawing.js';
import * as engine from './engine.js';
import { changed, historyOf, redone, undone } from './history.js';
import { type JobPlace, jobOf } from './jobs.js';
import { repairDrawing } from './kept.js';
import { announce, say } from './notices.js';
import { standardSettings, variantOf } from './settings.js';
import { keep, kept, onKeptElsewhere, recordIn } from './storage.js';
import { differencesOf, makingNow, type StripMaking } from './stripMaking.js';
import { drawing, hindranceOf, open } from './studio.js';

export const stripLimits = {
  between: { min: 0, max: 24, step: 1 },
  steps: { min: 1, max: 100, step: 1 },
} as const;

export interface StripPlan {
  readonly keyframes: readonly Drawing[];
  /** Frames between two keyframes. */
  readonly between: number;
  /** Of each frame. */
  readonly steps: number;
}

/** Frames that were painted, of one seed. */
export interface PaintedStrip {
  /** Unique, and sorts by when it was begun. */
  readonly id: string;
  /** What they were painted for. */
  readonly plan: StripPlan;
  /** Undefined where an earlier version of the page kept the frames. */
  readonly making?: StripMaking;
  /** Frames of the plan. */
  readonly total: number;
  /** Frames that were painted and could not be kept over a reload. */
  readonly lost: number;
  /** In their order. */
  readonly frames: readonly Picture[];
}

type StripWork =
  | { readonly phase: 'idle' }
  | { readonly phase: 'painting'; readonly done: number; readonly total: number }
  | { readonly phase: 'failed'; readonly message: string };

const MOST_KEYFRAMES = 12;
const MOST_FRAMES = 150;
const KEY = 'spatiallock.strip';

const history = signal(historyOf<StripPlan>(readPlan(kept(KEY))));
export const plan = computed(() => history.value.present);
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
/** What was painted last, as far as it is done. */
export const strip = signal<PaintedStrip | undefined>(undefined);
/** What the frames were painted for or with that is not here now, in words; empty where they are what would be painted. */
export const outdatedBy = computed((): readonly string[] => {
  if (!strip.value) return [];
  const { plan: given, making } = strip.value;
  const isOther = framesText(given) !== framesText(plan.value);
  return [
    ...(isOther ? ['for other keyframes, another number of frames between, or other steps'] : []),
    ...(making ? differencesOf(making, makingNow(plan.value.steps)) : []),
  ];
});
export const work = signal<StripWork>({ phase: 'idle' });

export const planned = computed(() => framesOf(plan.value.keyframes, plan.value.between));

/** Why no strip can be painted yet; undefined where one can. */
export const stripHindrance = computed((): string | undefined => {
  const { keyframes } = plan.value;
  if (keyframes.length < 2) return 'A strip takes two keyframes or more.';
  const total = planned.value.length;
  if (total > MOST_FRAMES) return `${total} frames are too many; at most ${MOST_FRAMES} are painted.`;
  const at = keyframes.findIndex((keyframe) => hindranceOf(keyframe) !== undefined);
  return at < 0 ? undefined : `Keyframe ${at + 1}: ${hindranceOf(keyframes[at]!)}`;
});

/** As text: what a plan asks for, whatever its boxes are called and coloured. */
const framesText = ({ keyframes, between, steps }: StripPlan): string =>
  JSON.stringify([between, steps, framesOf(keyframes, between).map(layoutOf)]);

/** What was kept, field by field. */
export function readPlan(text: string | undefined): StripPlan {
  const { keyframes, between, steps } = recordIn(text);
  const given: readonly unknown[] = Array.isArray(keyframes) ? keyframes.slice(0, MOST_KEYFRAMES) : [];
  return {
    keyframes: given.map(repairDrawing).filter((each) => each !== undefined),
    between: within(between, stripLimits.between, 5),
    steps: within(steps, stripLimits.steps, standardSettings.steps),
  };
}

function within(given: unknown, { min, max }: { min: number; max: number }, standard: number): number {
  return Number.isInteger(given) && (given as number) >= min && (given as number) <= max
    ? (given as number)
    : standard;
}

/** Set while another tab's plan is taken over: it is kept already. */
let isHushed = false;

/** Keeps the plan from now on; tabs share it. */
export function keepPlan(): void {
  let isTold = false;
  effect(() => {
    const text = JSON.stringify(plan.value);
    if (isHushed || keep(KEY, text) || isTold) return;
    isTold = true;
    say('error', 'The browser refuses to keep the keyframes of the strip.');
  });
  onKeptElsewhere(KEY, takeOver);
  // The browser asks before the page is left: the painting ends with it.
  const onLeave = (event: BeforeUnloadEvent): void => event.preventDefault();
  effect(() => {
    if (work.value.phase === 'painting') addEventListener('beforeunload', onLeave);
    else removeEventListener('beforeunload', onLeave);
  });
}

/** Another tab's plan, as a step that undo takes back. */
export function takeOver(text: string): void {
  const given = readPlan(text);
  if (JSON.stringify(given) === JSON.stringify(plan.value)) return;
  isHushed = true;
  change(given, 'other tab');
  isHushed = false;
}

/** Frames of the plan before stay until others are painted. Changes of one key in a row are undone together. */
function change(edit: Partial<StripPlan>, key?: string): void {
  history.value = changed(history.value, { ...plan.value, ...edit }, key);
}

export const undo = (): void => {
  history.value = undone(history.value);
};
export const redo = (): void => {
  history.value = redone(history.value);
};

export const setPlan = (key: 'between' | 'steps', value: number): void => change({ [key]: value }, key);

export function addKeyframe(): void {
  const { keyframes } = plan.value;
  if (keyframes.length >= MOST_KEYFRAMES) say('info', `A strip has at most ${MOST_KEYFRAMES} keyframes.`);
  else change({ keyframes: [...keyframes, drawing.value] });
}

export const replaceKeyframe = (at: number): void =>
  change({ keyframes: plan.value.keyframes.with(at, drawing.value) });

export const removeKeyframe = (at: number): void =>
  change({ keyframes: plan.value.keyframes.toSpliced(at, 1) });

/** Brings a keyframe's boxes to the canvas, as a step that undo takes back. */
export const openKeyframe = (at: number): void => open(plan.value.keyframes[at]!, 'keyframe');

let current: string | undefined;
let run = 0;

/** Paints the frames one by one, all from the noise of one seed. */
export async function paintStrip(): Promise<void> {
  if (stripHindrance.value !== undefined || work.value.phase === 'painting') return;
  run++;
  const own = run;
  const all = planned.value;
  const id = `strip-${Date.now().toString(36)}-${own}`;
  const making = makingNow(plan.value.steps);
  let next: PaintedStrip = { id, plan: plan.value, making, total: all.length, lost: 0, frames: [] };
  const variant = variantOf(making.sampling);
  const size: JobPlace = making.side === undefined ? {} : { side: making.side };
  const painting = { phase: 'painting', total: all.length } as const;
  work.value = { ...painting, done: 0 };
  for (const [i, frame] of all.entries()) {
    current = `${id}-${i}`;
    const reply = await painted(current, jobOf(layoutOf(frame), variant, false, size));
    // Another strip was begun, or this one was cancelled.
    if (run !== own || work.value.phase !== 'painting') return;
    if (reply.type !== 'done') return fail(reply);
    // The frames before stay until there is one of these.
    next = { ...next, frames: [...next.frames, reply.picture] };
    strip.value = next;
    work.value = { ...painting, done: i + 1 };
  }
  current = undefined;
  work.value = { phase: 'idle' };
  announce(`The strip is painted, ${all.length} frames`);
}

type Ended = Extract<Reply, { readonly type: 'done' | 'failed' | 'cancelled' }>;

const painted = (id: string, job: Parameters<typeof engine.generate>[1]): Promise<Ended> =>
  new Promise((resolve) => {
    engine.generate(id, job, (reply) => {
      if (reply.type === 'done' || reply.type === 'failed' || reply.type === 'cancelled') resolve(reply);
    });
  });

function fail(reply: Exclude<Ended, { readonly type: 'done' }>): void {
  current = undefined;
  const message = reply.type === 'failed' ? reply.fault.message : 'the model was changed; paint it again';
  work.value = { phase: 'failed', message };
}

/** What is painted stays, and can be saved. */
export function cancelStrip(): void {
  work.value = { phase: 'idle' };
  if (current !== undefined) engine.cancel([current]);
  current = undefined;
}
