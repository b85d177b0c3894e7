// Learning in this tab: what is asked for, how far it is, and what comes of it.

import { computed, effect, signal } from '@preact/signals';
import { type Layout, messageOf } from '@spatiallock/core';
import { drawLayout, parseSpecification } from '@spatiallock/data';
import {
  type Lesson,
  labelOfName,
  lessonHindrance,
  namedFault,
  newId,
  newWordsOf,
  shownLessons,
} from '../learning/lessons.js';
import type { LearnJob, LearnProgress, LearnReply, LearnRequest } from '../learning/protocol.js';
import type { TimedStep } from '../learning/timing.js';
import { readAdapter } from './adapterFile.js';
import { applyAdapterWhenIdle } from './adapters.js';
import { adapter, awaited, base, device, facts, given, isReady, newWorker } from './engine.js';
import { type KeptRun, keepRun, keptRun, keyOf } from './keptRun.js';
import { leftLearning, noteLearning } from './learningNote.js';
import { lessons } from './lessons.js';
import { announce, say } from './notices.js';
import type { Limits } from './settings.js';
import { keep, kept, recordIn } from './storage.js';
import { settings } from './studio.js';

export const learnLimits = {
  steps: { min: 10, max: 2000, step: 10 },
  batch: { min: 1, max: 16, step: 1 },
  rehearsed: { min: 0, max: 64, step: 1 },
} as const satisfies Record<string, Limits>;

export type LearnSettings = Readonly<Record<keyof typeof learnLimits, number>>;

/** As in the documented runs of the command. */
const RATE = 1e-3;

export type LearnState =
  | { readonly phase: 'idle' }
  /** The page was left while it learnt; of the steps that were done `kept` can be gone on from. */
  | { readonly phase: 'interrupted'; readonly done: number; readonly planned: number; readonly kept: number }
  | {
      readonly phase: 'learning';
      readonly progress: LearnProgress;
      /** The first and the last training step. */
      readonly first?: TimedStep;
      readonly last?: TimedStep;
      readonly stopping: boolean;
    }
  /** `planned` are the steps that were asked for. */
  | { readonly phase: 'learnt'; readonly steps: number; readonly planned: number }
  | { readonly phase: 'failed'; readonly message: string };

const KEY = 'spatiallock.learning.settings';
export const learnSettings = signal<LearnSettings>(readLearnSettings(kept(KEY)));
effect(() => void keep(KEY, JSON.stringify(learnSettings.value)));
export const learnState = signal<LearnState>({ phase: 'idle' });
const left = leftLearning();
if (left) {
  learnState.value = { phase: 'interrupted', done: left.done, planned: left.planned, kept: 0 };
  void keptRun(left.id).then((run) => {
    const { value: state } = learnState;
    if (run && state.phase === 'interrupted') learnState.value = { ...state, kept: run.state.losses.length };
  });
}
/** Of the learning that runs or ran last. */
export const losses = signal<readonly number[]>([]);

export const isLearning = computed(() => learnState.value.phase === 'learning');

/** Why nothing can be learnt now; undefined where it can. */
export const learnHindrance = computed((): string | undefined => {
  if (given.value || awaited.value !== undefined)
    return 'The model of this page learns, not your own: choose it under Model.';
  return lessonHindrance(lessons.value) ?? (isReady.value ? undefined : 'The model is being loaded.');
});

/** Words that would be learnt; those of an adapter that is laid over the model are learnt again. */
export const newWords = computed(() => {
  const { words: learnt = [] } = adapter.value ?? {};
  const known = facts.value?.words?.filter((word) => !learnt.includes(word));
  return newWordsOf(shownLessons(lessons.value), known);
});

/** What was kept, field by field. */
export function readLearnSettings(text: string | undefined): LearnSettings {
  const standard: LearnSettings = { steps: 400, batch: 8, rehearsed: 64 };
  const given = recordIn(text);
  const entries = Object.entries(learnLimits).map(([key, { min, max }]) => {
    const { [key]: value } = given;
    const isUsable = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    return [key, isUsable ? value : standard[key as keyof LearnSettings]];
  });
  return Object.fromEntries(entries) as LearnSettings;
}

export const setLearnSetting = (key: keyof LearnSettings, value: number): void => {
  learnSettings.value = { ...learnSettings.value, [key]: value };
};

interface Running {
  readonly id: string;
  /** Keeps a state of it, or forgets what was kept. */
  readonly keep: Promise<(run: KeptRun | undefined) => void>;
  readonly key: Promise<string | undefined>;
  readonly worker: Worker;
  /** Of the pictures that it learns from. */
  readonly names: readonly string[];
  readonly planned: number;
}

let running: Running | undefined;

/** What would be learnt now, from the seed of the studio. */
const jobNow = (): LearnJob =>
  jobOf(shownLessons(lessons.value), learnSettings.value, settings.value.seed, facts.value?.labels ?? []);

/** Goes on with the learning that ran when the page was left, where it is still the same; else it begins anew, and says so. */
export async function goOn(): Promise<void> {
  const run = left && (await keptRun(left.id));
  const isSame = run !== undefined && run.job === (await keyOf(jobNow()).catch(() => undefined));
  if (run && !isSame) say('info', 'Pictures or settings are others than before: the learning begins anew.');
  startLearning(isSame ? run : undefined);
}

/** Begins to learn, or goes on from what an earlier visit came to. */
export function startLearning(from?: KeptRun): void {
  if (learnHindrance.value !== undefined || running) return;
  const job = jobNow();
  const names = shownLessons(lessons.value).map(({ name }) => name);
  const id = from?.id ?? newId();
  const worker = newWorker();
  const key = keyOf(job).catch(() => undefined);
  running = { id, keep: keepRun(id), key, worker, names, planned: job.steps };
  losses.value = from?.state.losses ?? [];
  noteLearning({ id, done: losses.value.length, planned: job.steps });
  learnState.value = {
    phase: 'learning',
    progress: { task: 'loading', done: 0, steps: job.steps },
    stopping: false,
  };
  worker.onmessage = ({ data }: MessageEvent<LearnReply>) => receive(data);
  worker.onerror = (event) => {
    event.preventDefault();
    end({ phase: 'failed', message: event.message || 'the worker could not be started' });
  };
  worker.onmessageerror = () =>
    end({ phase: 'failed', message: 'what the worker sent could not be read; its memory may be full' });
  addEventListener('beforeunload', onLeave);
  const earlier = from ? { resumeFrom: from.state } : {};
  post({ type: 'learn', base: base(), device: device.value, job, ...earlier });
}

/** Keeps a state of the learning that runs; one that ended meanwhile has none. */
async function keepState(state: KeptRun['state']): Promise<void> {
  const own = running;
  const [job, keep] = [await own?.key, await own?.keep];
  if (own && running === own && job !== undefined) keep?.({ id: own.id, job, state });
}

const post = (request: LearnRequest): void => running?.worker.postMessage(request);

/** The browser asks before the page is left: a learning ends with it. */
const onLeave = (event: BeforeUnloadEvent): void => event.preventDefault();

/** What the worker is asked for. */
export function jobOf(
  shown: readonly Lesson[],
  { steps, batch, rehearsed }: LearnSettings,
  seed: number,
  labels: readonly string[],
): LearnJob {
  const subjects = shown.map(({ picture, boxes }) => ({
    picture,
    objects: boxes.map(({ phrase, box }) => ({ label: labelOfName(phrase), phrase: phrase.trim(), box })),
  }));
  return { subjects, rehearse: rehearsalLayouts(labels, rehearsed), steps, batch, rate: RATE, seed };
}

/** Layouts of what the built-in detector tells apart: the model knows it. */
function rehearsalLayouts(labels: readonly string[], count: number): readonly Layout[] {
  if (labels.length === 0 || count === 0) return [];
  const specification = parseSpecification({ count, classes: [...labels] });
  return Array.from({ length: count }, (_, i): Layout => {
    const { prompt, objects } = drawLayout(specification, i);
    return { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
  });
}

function receive(reply: LearnReply): void {
  const { value: state } = learnState;
  if (!running || state.phase !== 'learning') return;
  if (reply.type === 'learning') {
    const { progress } = reply;
    const step = progress.task === 'training' ? { done: progress.done, at: performance.now() } : undefined;
    if (progress.loss !== undefined) losses.value = [...losses.value, progress.loss];
    const timed = step ? { first: state.first ?? step, last: step } : {};
    learnState.value = { ...state, ...timed, progress };
    if (step) noteLearning({ id: running.id, done: step.done, planned: running.planned });
  } else if (reply.type === 'learnState') {
    void keepState(reply.state);
  } else if (reply.type === 'learnt') {
    losses.value = reply.losses;
    const { planned } = running;
    end({ phase: 'learnt', steps: reply.losses.length, planned });
    void layLearnt(reply.adapter).catch((cause: unknown) => {
      learnState.value = { phase: 'failed', message: messageOf(cause) };
    });
  } else {
    const message = namedFault(reply.message, running.names);
    end({ phase: 'failed', message });
    announce(`Learning failed: ${message}`);
  }
}

/** Lays what was learnt over the page's model; a model of the visitor's own that was opened meanwhile stays open. */
async function layLearnt(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await applyAdapterWhenIdle(await readAdapter(bytes));
  announce(
    given.value
      ? 'The new words are learnt; the model of this page has them when you choose it under Model'
      : 'The new words are learnt; pictures are painted with them from now on',
  );
}

function end(state: LearnState): void {
  running?.worker.terminate();
  void (running?.keep ?? (left && keepRun(left.id)))?.then((keep) => keep(undefined));
  running = undefined;
  noteLearning(undefined);
  removeEventListener('beforeunload', onLeave);
  asksToDiscard.value = false;
  learnState.value = state;
}

/** Ends after the step that is computed, and keeps what was learnt until then. */
export function stopLearning(): void {
  if (learnState.value.phase !== 'learning') return;
  learnState.value = { ...learnState.value, stopping: true };
  post({ type: 'stopLearning' });
}

/** Whether steps that are learnt already would be discarded with the next press. */
export const asksToDiscard = signal(false);

/** Ends at once, and the model stays as it is; where something is learnt already, only when it is asked for twice. */
export function discardLearning(): void {
  if (losses.value.length > 0 && !asksToDiscard.value) asksToDiscard.value = true;
  else end({ phase: 'idle' });
}
