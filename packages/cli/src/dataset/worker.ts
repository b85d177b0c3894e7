// `spatiallock worker`: paints batches of data sets that others ask for.

import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { messageOf, type OpenDetector } from '@spatiallock/core';
import type { Worker } from 'bullmq';
import type { ArgsDef } from 'citty';
import { detectorHash } from '../detectors.js';
import { InputError } from '../errors.js';
import { readFlags, text, wholeNumber } from '../flags.js';
import { type Io, note, say } from '../io.js';
import { modelHash } from '../modelHash.js';
import { pluginFiles } from '../plugins/files.js';
import type { OpenModel, Services } from '../services.js';
import { verificationOf } from './make.js';
import { paintBatch } from './paintBatch.js';
import { type JobData, type JobResult, QUEUE } from './queue.js';
import { loadBullmq, openRedis, readQueue, redisFault } from './redis.js';

export const workerArgs = {
  queue: { type: 'string', valueHint: 'redis://host:6379', description: 'the Redis whose jobs are done' },
  lease: {
    type: 'string',
    valueHint: '60',
    description: 'seconds after which the batch of a worker that died goes to another, 2..3600; default 60',
  },
  threads: { type: 'string', valueHint: 'n', description: 'threads on the cpu; default: one for each core' },
  quiet: { type: 'boolean', description: 'print nothing but errors' },
} as const satisfies ArgsDef;

const GOES_ON = 'the worker tries again';

/** Models and detectors that are open, one of each: jobs of one data set need the same. */
interface Opened {
  readonly key: string;
  readonly model: OpenModel;
  readonly detector?: OpenDetector;
}

/** Does jobs until it is interrupted; a batch that it has begun then goes to another worker. */
export async function worker(words: readonly string[], given: Io, services: Services): Promise<void> {
  const flags = readFlags(words, workerArgs, 'spatiallock worker');
  const url = readQueue(text(flags, 'queue'));
  if (url === undefined) throw new InputError('--queue: is missing; give the address of a Redis');
  const lease = wholeNumber(flags, 'lease', { min: 2, max: 3600 }) ?? 60;
  const threads = wholeNumber(flags, 'threads', { min: 1, max: 1024 });
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const { Worker } = await loadBullmq();
  await checkRedis(url, io);
  if (io.signal.aborted) return;
  let opened: Opened | undefined;
  let opening: Promise<unknown> = Promise.resolve();
  const process = async ({ data }: { readonly data: JobData }): Promise<JobResult> => {
    const before = opened;
    // It may be closed before another is open.
    opened = undefined;
    const next = openFor(data, before, threads, services, io.signal);
    opening = next.catch(() => undefined);
    opened = await next;
    return paint(data, opened, io.signal);
  };
  const bull = new Worker<JobData, JobResult>(QUEUE, process, {
    connection: { url, maxRetriesPerRequest: null },
    ...leaseOptions(lease),
  });
  say(io, `waits for jobs of ${new URL(url).host}`);
  try {
    await untilEnd(bull, url, io);
  } finally {
    await bull.close(true);
    // What a job is opening meanwhile is freed by it, or is open afterwards; a job that hangs is not waited for.
    await opening;
    await close(opened);
  }
}

/** Notes what the worker does until it is interrupted. Rejects where the address of Redis has to be mended. */
function untilEnd(bull: Worker<JobData, JobResult>, url: string, io: Io): Promise<void> {
  const { signal } = io;
  bull.on('completed', ({ data }) => {
    say(io, `${data.layouts.length} pictures from ${data.batch.first} on`);
  });
  bull.on('failed', (job, error) => {
    if (!signal.aborted) note(io, `worker: batch ${job?.data.batch.first ?? ''} failed: ${messageOf(error)}`);
  });
  return new Promise<void>((resolve, reject) => {
    let reported = '';
    bull.on('error', (error) => {
      const fault = redisFault(url, error, GOES_ON);
      if (fault instanceof InputError) return reject(fault);
      const line = `worker: ${messageOf(fault)}`;
      if (line !== reported && !signal.aborted) note(io, line);
      reported = line;
    });
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A Redis that does not answer may come back; one that refuses is an InputError. */
async function checkRedis(url: string, io: Io): Promise<void> {
  try {
    const { connection } = await openRedis(url, io.signal, GOES_ON);
    connection.disconnect();
  } catch (fault) {
    if (fault instanceof InputError) throw fault;
    if (!io.signal.aborted) note(io, `worker: ${messageOf(fault)}`);
  }
}

/** BullMQ's options, in milliseconds, for workers whose batches are taken over after `seconds` without a sign of life. */
export function leaseOptions(seconds: number) {
  const lockDuration = 1000 * seconds;
  // A batch may meet any number of workers that are killed.
  return { lockDuration, stalledInterval: Math.min(30_000, lockDuration), maxStalledCount: 1_000_000 };
}

async function openFor(
  { model, verify, provenance }: JobData,
  opened: Opened | undefined,
  threads: number | undefined,
  services: Services,
  signal: AbortSignal,
): Promise<Opened> {
  // What lies at the same paths may have been changed since it was opened.
  const { modelHash: wanted, pluginFiles: laid = [], tokenizer, config } = provenance;
  const key = JSON.stringify([model, verify, wanted, laid, tokenizer, config]);
  if (opened?.key === key) return opened;
  await close(opened);
  const own = threads === undefined ? model : { ...model, threads };
  const open = await services.open(own, { needsDetector: false, signal });
  try {
    const hash = open.places === undefined ? undefined : await modelHash(open.places);
    if (hash !== wanted) {
      throw new Error(`its model ${open.pipe.name} (${hash}) is not the one of the data set (${wanted})`);
    }
    if (!isDeepStrictEqual(await pluginFiles(model), laid)) {
      throw new Error('its plugins read other files than those of the data set; copy them to this machine');
    }
    if (verify && (await detectorHash(verify)) !== verify.detectorHash) {
      throw new Error('its detector has other weights than that of the data set; copy them to this machine');
    }
    const detector = verify && (await services.openDetector(verify, own));
    return { key, model: open, ...(detector === undefined ? {} : { detector }) };
  } catch (error) {
    await open.close().catch(() => undefined);
    throw error;
  }
}

async function close(opened: Opened | undefined): Promise<void> {
  try {
    await opened?.detector?.dispose?.();
  } finally {
    await opened?.model.close();
  }
}

async function paint(data: JobData, { model, detector }: Opened, signal: AbortSignal): Promise<JobResult> {
  const { batch, layouts, splits, sampling, verify, total, batchSize, provenance } = data;
  const painted = await paintBatch(layouts, batch, {
    ...{ pipe: model.pipe, sampling, total, batchSize, splits, provenance, signal },
    ...(detector && verify ? { verification: verificationOf(detector, verify) } : {}),
  });
  return painted.map(({ record, picture }) => ({
    record,
    ...(picture === undefined ? {} : { picture: Buffer.from(picture).toString('base64') }),
  }));
}
