// Batches of a data set as jobs of a queue on Redis, by BullMQ.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '@spatiallock/evaluation';
import type { Queue } from 'bullmq';
import type { ModelRequest, SamplingRequest } from '../request.js';
import type { PaintBatchOptions, PaintedPicture } from './paintBatch.js';
import type { DatasetRecord } from './record.js';
import { isSilent, loadBullmq, openRedis } from './redis.js';
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
/** A worker that is started beside the command is there by then. */
const ALONE_MS = 5000;
/** How long a Redis may be silent, as while it is started again. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 500;
/** Times that a job may be gone: once for each other run of the same layouts. */
const MOST_LOST = 5;

/**
 * Hands batches to workers, and gives what they paint to `onDone`, each batch once. A batch whose worker dies goes to another.
 * Rejects where a job fails, or where Redis cannot be reached; what is done stays there for the next run, and what nobody has
 * begun is withdrawn. `onWarning` is told where no worker is there.
 */
export async function paintByWorkers(
  url: string,
  work: readonly BatchWork[],
  request: DatasetRequest,
  options: Omit<PaintBatchOptions, 'splits'>,
  onDone: (each: BatchWork, painted: readonly PaintedPicture[]) => Promise<void>,
  onWarning: (warning: string) => void,
): Promise<void> {
  const { Queue } = await loadBullmq();
  const more = 'what is painted is kept, and the same command goes on';
  const { connection, faultOf } = await openRedis(url, options.signal, more);
  let seek: NodeJS.Timeout | undefined;
  try {
    const queue = new Queue<JobData, JobResult>(QUEUE, { connection });
    queue.on('error', () => undefined);
    seek = setTimeout(() => void seekWorkers(queue, url, onWarning), ALONE_MS);
    await collect(queue, work, request, options, onDone);
  } catch (error) {
    throw faultOf(error, more);
  } finally {
    clearTimeout(seek);
    connection.disconnect();
  }
}

/** Warns where nobody would paint; a Redis that does not list its clients says nothing. */
async function seekWorkers(queue: Queue, url: string, onWarning: (warning: string) => void): Promise<void> {
  const workers = await queue.getWorkersCount().catch(() => undefined);
  if (workers !== 0) return;
  const { protocol, host, pathname } = new URL(url);
  onWarning(
    `--queue: no worker is connected to ${host}; start one: spatiallock worker --queue ${protocol}//${host}${pathname}`,
  );
}

interface OpenJob {
  readonly data: JobData;
  readonly id: string;
  /** How often it was gone. */
  lost: number;
}

async function collect(
  queue: Queue<JobData, JobResult>,
  work: readonly BatchWork[],
  request: DatasetRequest,
  options: Omit<PaintBatchOptions, 'splits'>,
  onDone: (each: BatchWork, painted: readonly PaintedPicture[]) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  const open = new Map<BatchWork, OpenJob>();
  try {
    while (waiting.length > 0 || open.size > 0) {
      options.signal.throwIfAborted();
      while (open.size < WINDOW && waiting.length > 0) {
        const each = waiting.shift()!;
        const data = jobData(each, request, options);
        const job: OpenJob = { data, id: jobIdOf(data), lost: 0 };
        open.set(each, job);
        await lasting(() => ask(queue, job), options.signal);
      }
      let idle = true;
      for (const [each, job] of open) {
        const painted = await lasting(() => resultOf(queue, job), options.signal);
        if (painted === undefined) continue;
        await onDone(each, painted);
        await lasting(() => queue.remove(job.id), options.signal);
        open.delete(each);
        idle = false;
      }
      if (idle) await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  } catch (error) {
    await withdraw(queue, [...open.values()]).catch(() => undefined);
    throw error;
  }
}

/** Does again for a while what a Redis that is silent did not answer; each of these may be done twice. */
async function lasting<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (signal.aborted || !isSilent(error) || Date.now() > end) throw error;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Adds a job; one of that name that waits, runs or is done, from a run that was stopped, is not added again. */
async function ask(queue: Queue<JobData, JobResult>, { id, data }: OpenJob): Promise<void> {
  // The failure is that of an earlier run, which may have been mended.
  if ((await queue.getJobState(id)) === 'failed') await queue.remove(id);
  await queue.add('batch', data, { jobId: id, attempts: 1 });
}

/** Removes the jobs that no worker has begun: one that begins meanwhile is locked, and stays. */
async function withdraw(queue: Queue<JobData, JobResult>, jobs: readonly OpenJob[]): Promise<void> {
  await Promise.all(
    jobs.map(async ({ id }) => {
      if ((await queue.getJobState(id)) === 'waiting') await queue.remove(id);
    }),
  );
}

/** What a finished job gave back; undefined while it waits or runs. */
async function resultOf(
  queue: Queue<JobData, JobResult>,
  open: OpenJob,
): Promise<PaintedPicture[] | undefined> {
  const state = await queue.getJobState(open.id);
  if (state !== 'completed' && state !== 'failed' && state !== 'unknown') return undefined;
  // Read after its state: one that was read before it ended has no result.
  const job = await queue.getJob(open.id);
  if (job === undefined) {
    // Another run of the same layouts took its result, or withdrew it.
    if (++open.lost > MOST_LOST)
      throw new Error(`--queue: jobs vanish from Redis; set its maxmemory-policy to noeviction`);
    await ask(queue, open);
    return undefined;
  }
  if (state === 'failed') {
    const why = job.failedReason ?? 'no reason was given';
    await queue.remove(open.id);
    throw new Error(
      `a worker failed on batch ${open.data.batch.first}: ${why}; mend it, start that worker again, and the same command goes on`,
    );
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
