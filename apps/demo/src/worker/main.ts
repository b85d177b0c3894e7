// The worker: listens to `Request`s, answers with `Reply`s. Jobs run one after another.

import { messageOf } from '@spatiallock/core';
import { deviceFault } from '@spatiallock/core/backend';
import type { LearnReply, LearnRequest } from '../learning/protocol.js';
import { type AssetCache, openAssets } from './assetCache.js';
import { openDevice, runtimeFiles } from './devices.js';
import { DeviceFault, type Engine, openEngine } from './engine.js';
import { probeDevice } from './probe.js';
import type { DeviceId, Fault, Job, Probe, Reply, Request } from './protocol.js';
import { jobQueue } from './queue.js';

const queue = jobQueue(generate, (id) => say({ type: 'cancelled', id }));
let engine: Engine | undefined;
/** A worker learns once. */
const stopping = new AbortController();

self.onmessage = ({ data }: MessageEvent<Request | LearnRequest>) => {
  if (data.type === 'load') void load(data);
  if (data.type === 'learn') void learn(data);
  if (data.type === 'stopLearning') stopping.abort();
  if (data.type === 'probe') void probe(data.base, data.device);
  if (data.type === 'cancel') queue.cancel(data.id);
  if (data.type === 'generate') queue.add(data.id, data.job);
};

function say(reply: Reply, moved: Transferable[] = []): void {
  self.postMessage(reply, { transfer: moved });
}

/** What learning takes is loaded when it is first asked for. */
async function learn(request: Extract<LearnRequest, { type: 'learn' }>): Promise<void> {
  const report = (reply: LearnReply): void => self.postMessage(reply);
  try {
    const { learnHere } = await import('./learn.js');
    await learnHere(request, stopping.signal, report);
  } catch (cause) {
    report({ type: 'learnFailed', message: messageOf(cause) });
  }
}

async function load(request: Extract<Request, { type: 'load' }>): Promise<void> {
  const { base, device, model, partBytes, adapter } = request;
  try {
    const assets = await openAssets(base);
    const parts = model ? [] : ['model/', 'weights/center/'];
    const onBytes = counted(assets.size([...parts, ...runtimeFiles[device]]));
    const onDownload = throttled((file, loaded, total) => say({ type: 'progress', loaded, total, file }));
    engine = await openEngine(
      device,
      { base, assets, onBytes, onDownload },
      model ? { own: { ...model, partBytes } } : { adapter },
    );
    say({ type: 'ready', facts: engine.facts });
  } catch (cause) {
    say({ type: 'loadFailed', device, fault: faultOf(cause) });
  }
}

/** Calls at most every 50 ms, and at the end; the last call of a burst comes late, but comes. */
function throttled(
  report: (file: string, loaded: number, total: number) => void,
): (file: string, loaded: number, total: number) => void {
  let reported = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (file, loaded, total) => {
    clearTimeout(timer);
    const now = (): void => {
      reported = performance.now();
      report(file, loaded, total);
    };
    const due = reported + 50 - performance.now();
    if (due <= 0 || loaded >= total) now();
    else timer = setTimeout(now, due);
  };
}

/** Reports the bytes that are here. */
function counted(total: number): (path: string, bytes: number) => void {
  let here = 0;
  const report = throttled((_file, loaded) => say({ type: 'progress', loaded, total }));
  return (path, bytes) => {
    here += bytes;
    report(path, here, total);
  };
}

async function probe(base: string, device: DeviceId): Promise<void> {
  say({ type: 'probed', device, probe: await probed(base, device) });
}

async function probed(base: string, device: DeviceId): Promise<Probe> {
  try {
    const assets: AssetCache = await openAssets(base);
    return await probeDevice(await openDevice(device, { base, assets }));
  } catch (cause) {
    return { passed: false, why: faultOf(cause).message };
  }
}

async function generate(id: string, job: Job, signal: AbortSignal): Promise<void> {
  try {
    if (!engine) throw new Error('the model is not loaded yet');
    const listener = {
      compiling: (component: string) => say({ type: 'compiling', id, component }),
      step: (event: Omit<Extract<Reply, { type: 'step' }>, 'type' | 'id'>) =>
        say({ type: 'step', id, ...event }, event.preview ? [event.preview.data.buffer] : []),
    };
    const outcome = await engine.run(job, listener, signal);
    say({ type: 'done', id, ...outcome }, [outcome.picture.data.buffer]);
  } catch (cause) {
    say(signal.aborted ? { type: 'cancelled', id } : { type: 'failed', id, fault: faultOf(cause) });
  }
}

function faultOf(cause: unknown): Fault {
  if (cause instanceof DeviceFault) return { message: messageOf(cause), reason: 'device' };
  // Memory may also be missing where no backend computes.
  const fault = deviceFault('this device', cause);
  return fault ? { message: fault.message, reason: fault.reason } : { message: messageOf(cause) };
}
