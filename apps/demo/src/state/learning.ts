// Learning in this tab: what is asked for, how far it is, and what comes of it.

import { computed, effect, signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import { lessonHindrance, namedFault, newId, newWordsOf, shownLessons } from '../learning/lessons.js';
import type { LearnJob, LearnProgress, LearnReply, LearnRequest } from '../learning/protocol.js';
import type { TimedStep } from '../learning/timing.js';
import { readAdapter } from './adapterFile.js';
import { applyAdapterWhenIdle } from './adapters.js';
import { adapter, awaited, base, device, facts, given, isReady, newWorker } from './engine.js';
import { type KeptRun, keepRun, keptRun, keyOf } from './keptRun.js';
import { isElsewhere, leftLearning, noteLearning } from './learningNote.js';
import { jobOf, type LearnSettings, readLearnSettings } from './learnJob.js';
import { lessons } from './lessons.js';
import { announce, say } from './notices.js';
import { keep, kept } from './storage.js';
import { settings } from './studio.js';

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
  /** Of the steps that were done `kept` can be gone on from. */
  | { readonly phase: 'failed'; readonly message: string; readonly kept?: number };

const KEY = 'spatiallock.learning.settings';
export const learnSettings = signal<LearnSettings>(readLearnSettings(kept(KEY)));
effect(() => void keep(KEY, JSON.stringify(learnSettings.value)));
export const learnState = signal<LearnState>({ phase: 'idle' });
/** The learning that can be gone on with. */
let left = leftLearning();
if (left) {
  learnState.value = { phase: 'interrupted', done: left.done, planned: left.planned, kept: 0 };
  void offerToGoOn(left.id);
  void leaveElsewhere(left.id);
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

export const setLearnSetting = (key: keyof LearnSettings, value: number): void => {
  learnSettings.value = { ...learnSettings.value, [key]: value };
};

/** Says from which step it can go on, where a state was kept. Returns whether one was. */
async function offerToGoOn(id: string): Promise<boolean> {
  const run = await keptRun(id);
  const { value: state } = learnState;
  const isLeft = state.phase === 'interrupted' || state.phase === 'failed';
  if (run && isLeft && left?.id === id) learnState.value = { ...state, kept: run.state.losses.length };
  return run !== undefined;
}

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

/** Forgets what was left where another tab has it: this one is a copy, and the learning may run there. Resolves to whether it does. */
async function leaveElsewhere(id: string): Promise<boolean> {
  if (!(await isElsewhere(id))) return false;
  if (left?.id === id && !running) {
    left = undefined;
    noteLearning(undefined);
    learnState.value = { phase: 'idle' };
  }
  return true;
}

/** Goes on with the learning that was left or failed, where it is still the same; else it begins anew, and says so. */
export async function goOn(): Promise<void> {
  if (left && (await leaveElsewhere(left.id))) return;
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
    fail(event.message || 'the worker could not be started');
  };
  worker.onmessageerror = () => fail('what the worker sent could not be read; its memory may be full');
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
    fail(message);
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

/** Ends, and forgets what could be gone on from. */
function end(state: LearnState): void {
  void (running?.keep ?? (left && keepRun(left.id)))?.then((keep) => keep(undefined));
  noteLearning(undefined);
  left = undefined;
  halt(state);
}

/** Ends with what was kept, if anything was: the cause may be gone with the next try. */
function fail(message: string): void {
  if (!running) return;
  const { id, keep, planned } = running;
  left = { id, done: losses.value.length, planned };
  halt({ phase: 'failed', message });
  void offerToGoOn(id).then(async (isKept) => {
    if (isKept || left?.id !== id) return;
    left = undefined;
    if (!running) noteLearning(undefined);
    (await keep)(undefined);
  });
}

function halt(state: LearnState): void {
  running?.worker.terminate();
  running = undefined;
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

/** Ends at once, and the model stays as it is; where steps of a learning that runs are done, only when it is asked for twice. */
export function discardLearning(): void {
  if (isLearning.value && losses.value.length > 0 && !asksToDiscard.value) asksToDiscard.value = true;
  else end({ phase: 'idle' });
}
