// The page's side of the worker: what is loaded, which device computes, and pictures asked for.

import { batch, computed, signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import { deviceFault } from '@spatiallock/core/backend';
import type { DeviceId, GivenModel, Job, ModelFacts, Probe, Reply, Request } from '../worker/protocol.js';
import { afterProgress, type LoadState } from './loadState.js';

/** An adapter that was read. */
export interface LoadedAdapter {
  /** Of its file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The words that it brings, sorted. */
  readonly words: readonly string[];
  /** From a file, and the model was not loaded with it yet: it may not fit. */
  readonly unproven?: true;
}

export type ProbeState = Probe | 'running';

/** How long a worker may take to notice that the job it runs was cancelled; then it is replaced. */
const PATIENCE = 8000;
const PROBE_PATIENCE = 60_000;

const FULL = 'out-of-memory';
/** For whoever asked for the picture. */
const NO_MEMORY =
  'There is not enough memory for this picture. Draw fewer boxes, choose a smaller size under Model or another device under Device. The model is loaded anew, with its memory free.';

export const load = signal<LoadState>({ phase: 'loading', loaded: 0, total: 0 });
export const facts = signal<ModelFacts | undefined>(undefined);
/** Whether the picture that was painted last took no notice of its negative prompt. */
export const ignoresNegative = signal(false);
export const device = signal<DeviceId>('onnx-wasm');
/** The model of the visitor's that is open, or being opened; undefined: the site's own. */
export const given = signal<GivenModel | undefined>(undefined);
/** The name of a model of the visitor's that was open before the page was loaded anew; none is loaded before somebody chooses. */
export const awaited = signal<string | undefined>(undefined);
/** What was learnt, laid over the site's own model. */
export const adapter = signal<LoadedAdapter | undefined>(undefined);
export const probes = signal<Readonly<Partial<Record<DeviceId, ProbeState>>>>({});
export const isReady = computed(() => load.value.phase === 'ready');

type JobReply = Extract<Reply, { readonly id: string }>;
type Listener = (reply: JobReply) => void;

let worker: Worker | undefined;
interface Asked {
  readonly job: Job;
  readonly listener: Listener;
  /** Started again after the device was lost; if it is lost again, the job fails. */
  readonly isRepeated?: true;
}

/** Asked for and not yet answered to the end. */
const open = new Map<string, Asked>();
/** Posted to the worker and not yet answered to the end: the first one runs, the others wait. */
const posted = new Set<string>();
/** Cancelled of those that were posted, and the worker has not noticed yet. */
const cancelled = new Set<string>();

/** The site's address, with a slash at its end. */
export const base = (): string => new URL('.', document.baseURI).href;
/** The address may say `?part-mib=64`: smaller parts, for less memory. */
const partBytes = (): { readonly partBytes?: number } => {
  const given = Number(new URLSearchParams(location.search).get('part-mib'));
  return given > 0 ? { partBytes: Math.ceil(given * 2 ** 20) } : {};
};
export const newWorker = (): Worker =>
  new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });

/** Opens a model of the visitor's, or the site's own again; what is painted with the one before ends. */
export function openModel(model: GivenModel | undefined): void {
  given.value = model;
  awaited.value = undefined;
  const asked = [...open];
  open.clear();
  for (const [id, { listener }] of asked) listener({ type: 'cancelled', id });
  start(device.value);
}

/** Opens the site's own model with what an adapter learnt, or without any; see `applyAdapter` and `removeAdapter`, which lose none. */
export function setAdapter(laid: LoadedAdapter | undefined): void {
  // At once, so that nobody takes the model that is still open for one with this adapter.
  batch(() => {
    adapter.value = laid;
    openModel(undefined);
  });
}

/** Loads the model on a device, in a new worker, which takes up what is still asked for once it is ready. */
export function start(id: DeviceId): void {
  worker?.terminate();
  forgetPosted();
  device.value = id;
  facts.value = undefined;
  const isAwaited = awaited.value !== undefined && given.value === undefined;
  load.value = isAwaited ? { phase: 'awaiting' } : { phase: 'loading', loaded: 0, total: 0 };
  if (isAwaited) return;
  let own: Worker;
  try {
    own = newWorker();
  } catch (cause) {
    load.value = { phase: 'failed', message: messageOf(cause) };
    return;
  }
  worker = own;
  own.onmessage = ({ data }: MessageEvent<Reply>) => onReply(data);
  own.onmessageerror = () => onDeath('what the worker sent could not be read; its memory may be full');
  own.onerror = (event) => {
    event.preventDefault();
    onDeath(event.message || 'the worker could not be started');
  };
  const model = given.value
    ? { model: given.value, ...partBytes() }
    : adapter.value && { adapter: adapter.value.bytes };
  post({ type: 'load', base: base(), device: id, ...model });
}

/** A worker that met an error outside of its jobs may answer none of them any more. */
function onDeath(message: string): void {
  worker?.terminate();
  const asked = [...open];
  const isFull = isReady.value && asked.length > 0 && deviceFault('worker', message)?.reason === FULL;
  load.value = { phase: 'failed', message, ...(isReady.value ? { wasReady: true } : {}) };
  open.clear();
  forgetPosted();
  // What was asked for is not begun again: the new worker would die of it, too.
  if (isFull) start(device.value);
  for (const [id, { listener }] of asked) {
    listener({ type: 'failed', id, fault: isFull ? { message: NO_MEMORY, reason: FULL } : { message } });
  }
}

function post(request: Request): void {
  worker?.postMessage(request);
}

function postJob(id: string, job: Job): void {
  posted.add(id);
  post({ type: 'generate', id, job });
}

function forgetPosted(): void {
  posted.clear();
  cancelled.clear();
}

function onReply(reply: Reply): void {
  if (reply.type === 'progress') {
    const { type: _, ...progress } = reply;
    load.value = afterProgress(load.value, progress);
  } else if (reply.type === 'ready') {
    facts.value = reply.facts;
    ignoresNegative.value = false;
    probes.value = { ...probes.value, [reply.facts.device]: reply.facts.probe };
    if (adapter.value?.unproven && !given.value) {
      const { unproven: _, ...proven } = adapter.value;
      adapter.value = proven;
    }
    // Before the model counts as ready: from then on `generate` posts jobs itself.
    for (const [id, { job }] of open) postJob(id, job);
    load.value = { phase: 'ready' };
  } else if (reply.type === 'loadFailed') {
    // It may hold much memory, and is of no use.
    worker?.terminate();
    load.value = { phase: 'failed', ...reply.fault };
  } else if (reply.type !== 'probed') {
    const isEnd = reply.type !== 'step' && reply.type !== 'compiling';
    cancelled.delete(reply.id);
    if (isEnd) posted.delete(reply.id);
    if (isEnd) limitPatience();
    const asked = open.get(reply.id);
    if (reply.type === 'failed' && reply.fault.reason === 'lost') {
      // Whatever is asked of a lost device fails: a new worker opens it anew.
      if (asked && !asked.isRepeated) {
        open.set(reply.id, { ...asked, isRepeated: true });
        start(device.value);
        return;
      }
      open.delete(reply.id);
      start(device.value);
    }
    // Before the listener, which may ask for more under the same id.
    if (isEnd) open.delete(reply.id);
    if (reply.type === 'done') ignoresNegative.value = reply.ignoredNegative;
    const isFull = reply.type === 'failed' && reply.fault.reason === FULL;
    // WebAssembly's memory never shrinks: what is asked for next begins in a new worker.
    if (isFull) start(device.value);
    asked?.listener(isFull ? { ...reply, fault: { message: NO_MEMORY, reason: FULL } } : reply);
  }
}

export function generate(id: string, job: Job, listener: Listener): void {
  open.set(id, { job, listener });
  if (isReady.value) postJob(id, job);
}

/** At once for the listener; a worker that runs such a job and does not notice in time is replaced by a new one. */
export function cancel(ids: readonly string[]): void {
  for (const id of ids) {
    const listener = open.get(id)?.listener;
    if (!listener) continue;
    open.delete(id);
    listener({ type: 'cancelled', id });
    // A worker that still loads was not asked for it, and will not answer.
    if (!isReady.value) continue;
    cancelled.add(id);
    post({ type: 'cancel', id });
  }
  limitPatience();
}

/** Of a job that runs although it was cancelled. One that waits may have to wait for a long step of another's. */
function limitPatience(): void {
  const [running] = posted;
  if (running === undefined || !cancelled.has(running)) return;
  setTimeout(() => {
    if (cancelled.has(running)) start(device.value);
  }, PATIENCE);
}

/** Tests a device in a worker of its own, so that a device that hangs or crashes harms nothing. Never rejects. */
export async function probe(id: DeviceId): Promise<void> {
  if (probes.value[id] === 'running') return;
  probes.value = { ...probes.value, [id]: 'running' };
  const found = await probed(id).catch((cause: unknown): Probe => ({ passed: false, why: messageOf(cause) }));
  probes.value = { ...probes.value, [id]: found };
}

async function probed(id: DeviceId): Promise<Probe> {
  const own = newWorker();
  return new Promise((resolve) => {
    const end = (found: Probe): void => {
      clearTimeout(timer);
      own.terminate();
      resolve(found);
    };
    const late = () => end({ passed: false, why: `no answer within ${PROBE_PATIENCE / 1000} seconds` });
    const timer = setTimeout(late, PROBE_PATIENCE);
    own.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.type === 'probed') end(data.probe);
    };
    own.onerror = (event) => {
      event.preventDefault();
      end({ passed: false, why: event.message || 'its worker could not be started' });
    };
    own.postMessage({ type: 'probe', base: base(), device: id } satisfies Request);
  });
}
