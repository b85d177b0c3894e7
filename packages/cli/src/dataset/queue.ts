// Batches of a data set as jobs of a queue on Redis, by BullMQ.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@spatiallock/core';
import type { Batch } from '@spatiallock/evaluation';
import type { Queue } from 'bullmq';
import { InputError } from '../errors.js';
import type { ModelRequest, SamplingRequest } from '../request.js';
import type { PaintBatchOptions, PaintedPicture } from './paintBatch.js';
import type { DatasetRecord } from './record.js';
import type { DatasetRequest } from './request.js';
import type { DatasetLayout } from './sources.js';
import type { VerifyRequest } from './verifyRequest.js';

/** A batch, with its rows' layouts and splits. */
export interface BatchWork {
  readonly batch: Batch;
  readonly layouts: readonly DatasetLayout[];
  readonly splits: readonly string[];
}

/** What a worker needs to paint one batch. */
export interface JobData extends BatchWork {
  readonly model: ModelRequest;
  readonly sampling: SamplingRequest;
  readonly verify?: VerifyRequest;
  readonly total: number;
  readonly batchSize: number;
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** What a worker gives back: the picture as base64. */
export type JobResult = readonly { readonly record: DatasetRecord; readonly picture?: string }[];

export const QUEUE = 'spatiallock-dataset';

/** Jobs that lie in Redis at once, with what they give back: more would only take its memory. */
const WINDOW = 64;
const POLL_MS = 100;

/** BullMQ and its client, which only work on several machines needs. */
export async function loadBullmq() {
  try {
    const [{ Queue, Worker }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { Queue, Worker, Redis };
  } catch (cause) {
    throw new InputError('--queue: needs the packages bullmq ^6 and ioredis ^6; npm install bullmq ioredis', {
      cause,
    });
  }
}

/**
 * Hands batches to workers, and gives what they paint to `onDone`, each batch once. A batch whose worker dies goes to another.
 * Rejects where a job fails, or where Redis cannot be reached; what is done stays, and the jobs that wait are found again.
 */
export async function paintByWorkers(
  url: string,
  work: readonly BatchWork[],
  request: DatasetRequest,
  options: Omit<PaintBatchOptions, 'splits'>,
  onDone: (each: BatchWork, painted: readonly PaintedPicture[]) => Promise<void>,
): Promise<void> {
  const { Queue, Redis } = await loadBullmq();
  const connection = new Redis(url, {
    connectTimeout: 10_000,
    maxRetriesPerRequest: 2,
    retryStrategy: (times) => Math.min(500, 50 * times),
  });
  // The calls that fail say so; without a listener it would end the process.
  connection.on('error', () => undefined);
  try {
    // BullMQ itself would wait for ever.
    await connection.ping();
    const queue = new Queue<JobData, JobResult>(QUEUE, { connection });
    queue.on('error', () => undefined);
    await collect(queue, work, request, options, onDone);
  } catch (error) {
    throw redisFault(url, error);
  } finally {
    connection.disconnect();
  }
}

async function collect(
  queue: Queue<JobData, JobResult>,
  work: readonly BatchWork[],
  request: DatasetRequest,
  options: Omit<PaintBatchOptions, 'splits'>,
  onDone: (each: BatchWork, painted: readonly PaintedPicture[]) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  const open = new Map<BatchWork, string>();
  while (waiting.length > 0 || open.size > 0) {
    options.signal.throwIfAborted();
    while (open.size < WINDOW && waiting.length > 0) {
      const each = waiting.shift()!;
      const data = jobData(each, request, options);
      const jobId = jobIdOf(data);
      // A job of that name, from a run that was stopped, is not added again.
      await queue.add('batch', data, { jobId, attempts: 1 });
      open.set(each, jobId);
    }
    let idle = true;
    for (const [each, jobId] of open) {
      const painted = await resultOf(queue, jobId);
      if (painted === undefined) continue;
      await onDone(each, painted);
      await queue.remove(jobId);
      open.delete(each);
      idle = false;
    }
    if (idle) await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** What a finished job gave back; undefined while it waits or runs. */
async function resultOf(
  queue: Queue<JobData, JobResult>,
  jobId: string,
): Promise<PaintedPicture[] | undefined> {
  const state = await queue.getJobState(jobId);
  if (state !== 'completed' && state !== 'failed' && state !== 'unknown') return undefined;
  // Read after its state: one that was read before it ended has no result.
  const job = await queue.getJob(jobId);
  if (job === undefined)
    throw new Error(`job ${jobId} is no longer in the queue; run the same command again`);
  if (state === 'failed') {
    const why = job.failedReason ?? 'no reason was given';
    // The same command tries it again.
    await job.remove();
    throw new Error(`a worker failed on batch ${job.data.batch.first}: ${why}`);
  }
  return job.returnvalue.map(({ record, picture }) => ({
    record,
    ...(picture === undefined ? {} : { picture: Buffer.from(picture, 'base64') }),
  }));
}

function jobData(
  work: BatchWork,
  { model, sampling, verify }: DatasetRequest,
  { total, batchSize, provenance }: Omit<PaintBatchOptions, 'splits'>,
): JobData {
  const judged = verify === undefined ? {} : { verify };
  return { ...work, model, sampling, ...judged, total, batchSize, provenance };
}

/** The same work has the same name, so that two runs share it. */
function jobIdOf(data: JobData): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 32);
}

function redisFault(url: string, error: unknown): unknown {
  const text = messageOf(error);
  if (!/ECONNREFUSED|ENOTFOUND|ETIMEDOUT|Connection is closed|max retries|EPIPE|ECONNRESET/i.test(text))
    return error;
  const { host } = new URL(url);
  return new Error(
    `--queue: Redis at ${host} does not answer (${text}); what is painted is kept, and the same command goes on`,
    { cause: error },
  );
}
