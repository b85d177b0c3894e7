import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { messageOf } from '@spatiallock/core';
import { checkList, checkWhole } from '@spatiallock/core/checks';
import type { Art } from './art.js';
import { renderBatch, type SceneBatch, type SceneOptions } from './batch.js';
import type { WorkerReply, WorkerSetup } from './worker.js';

/** Threads that draw batches of scenes. */
export interface ScenePool {
  /** Draws the scenes of these seeds on some thread; rejects when the seeds or options are wrong, or no thread is left. */
  render(seeds: readonly number[]): Promise<SceneBatch>;
  /** Ends the threads; unfinished batches are rejected. */
  close(): Promise<void>;
}

/** Options of a pool of workers that render scenes. */
export interface PoolOptions extends SceneOptions {
  /** Threads, at least 1; default: one for each core. */
  readonly workers?: number;
  /** The worker's module; needed when a bundler has moved this package's files. Default: dist/worker.js beside this file. */
  readonly workerUrl?: string | URL;
}

interface Waiting {
  readonly resolve: (batch: SceneBatch) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** Why the thread ended; undefined while it runs. */
  ended?: Error;
}

/** Starts the built worker, or the source under tsx (a thread does not inherit tsx's hooks from its parent). */
function startWorker(setup: WorkerSetup, workerUrl: string | URL | undefined): Worker {
  if (workerUrl) return new Worker(new URL(workerUrl, import.meta.url), { workerData: setup });
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: setup });
  const require = createRequire(import.meta.url);
  const tsx = pathToFileURL(
    join(dirname(require.resolve('tsx/package.json')), 'dist/esm/api/index.mjs'),
  ).href;
  const source = new URL('./worker.ts', import.meta.url).href;
  const start = `import('${tsx}').then((tsx) => { tsx.register(); return import('${source}'); });`;
  return new Worker(start, { eval: true, workerData: setup, execArgv: ['--conditions=@spatiallock/source'] });
}

function startMember(setup: WorkerSetup, workerUrl: string | URL | undefined): Member {
  const worker = startWorker(setup, workerUrl);
  const waiting = new Map<number, Waiting>();
  const member: Member = { worker, waiting };
  const fail = (cause: unknown): void => {
    // An "exit" follows every "error", which says more.
    member.ended ??= cause instanceof Error ? cause : new Error(messageOf(cause));
    for (const { reject } of waiting.values()) reject(member.ended);
    waiting.clear();
  };
  worker.on('message', (reply: WorkerReply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('batch' in reply) asked?.resolve(reply.batch);
    else asked?.reject(reply.error);
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('scene worker: it ended before its batch was drawn')));
  worker.unref();
  return member;
}

/** Asks a thread for the scenes of seeds. */
function ask({ worker, waiting }: Member, id: number, seeds: readonly number[]): Promise<SceneBatch> {
  return new Promise((resolve, reject) => {
    // What cannot be sent is not waited for.
    worker.postMessage({ id, seeds });
    waiting.set(id, { resolve, reject });
    worker.ref();
  });
}

/** Starts threads that share one copy of the art. Close the pool when done; idle threads do not keep Node alive. */
export function scenePool(
  art: Art,
  { workers = availableParallelism(), workerUrl, ...options }: PoolOptions = {},
): ScenePool {
  if (!Number.isInteger(workers) || workers < 1)
    throw new Error(`workers: ${workers} must be an integer of at least 1`);
  // Wrong options fail here, with their own message, rather than in a thread.
  renderBatch(art, [0], options);
  const members = Array.from({ length: workers }, () => startMember({ art, options }, workerUrl));
  let nextId = 0;
  let closed = false;
  return {
    render: async (seeds) => {
      if (closed) throw new Error('scene pool: it is closed');
      checkList(seeds, 'seeds', 'seeds');
      const alive = members.filter(({ ended }) => ended === undefined);
      if (alive.length === 0) throw members[0]!.ended!;
      const idlest = alive.reduce((best, member) =>
        member.waiting.size < best.waiting.size ? member : best,
      );
      return ask(idlest, nextId++, [...seeds]);
    },
    close: async () => {
      closed = true;
      // Idle threads do not keep Node alive; their end has to be waited for all the same.
      const alive = setInterval(() => undefined, 1000);
      await Promise.all(members.map(({ worker }) => worker.terminate())).finally(() => clearInterval(alive));
    },
  };
}

/** Options of `sceneStream`. */
export interface StreamOptions extends PoolOptions {
  /** Scenes a batch; default 64. */
  readonly batch?: number;
  /** Seed of the first scene; default 0. Scene k has the seed `start + k`. */
  readonly start?: number;
  /** Number of batches; endless when absent. */
  readonly batches?: number;
  /** Batches drawn ahead of the reader, at least 1; default: two for each thread. */
  readonly ahead?: number;
}

/**
 * Streams batches of scenes with consecutive seeds, in order, drawn ahead by worker threads.
 * Ends its threads when the reader stops.
 */
export async function* sceneStream(
  art: Art,
  options: StreamOptions = {},
): AsyncGenerator<SceneBatch, void, void> {
  const { batch = 64, start = 0, batches = Number.POSITIVE_INFINITY, ahead, ...poolOptions } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new Error(`batch: ${batch} must be an integer of at least 1`);
  checkWhole(start, { min: 0, max: Number.MAX_SAFE_INTEGER }, 'start');
  if (batches !== Number.POSITIVE_INFINITY) {
    checkWhole(batches, { min: 0, max: Number.MAX_SAFE_INTEGER }, 'batches');
  }
  if (ahead !== undefined) checkWhole(ahead, { min: 1, max: 1e6 }, 'ahead');
  const pool = scenePool(art, poolOptions);
  const depth = ahead ?? 2 * (options.workers ?? availableParallelism());
  const pending: Promise<SceneBatch>[] = [];
  let asked = 0;
  const askNext = (): void => {
    const first = start + asked++ * batch;
    const next = pool.render(Array.from({ length: batch }, (_, k) => first + k));
    // Awaited later, in order; a failure meanwhile is not unhandled.
    next.catch(() => undefined);
    pending.push(next);
  };
  try {
    while (true) {
      while (asked < batches && pending.length < depth) askNext();
      const next = pending.shift();
      if (!next) return;
      yield await next;
    }
  } finally {
    await pool.close();
  }
}
