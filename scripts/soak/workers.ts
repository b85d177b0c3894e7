// Workers of a queue that are killed and started again.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@spatiallock/core/nn';
import { startCommandLine } from './killedCommand.js';

const WORKERS = 2;

export interface KilledWorkersOptions {
  readonly rng: Random;
  /** Seconds. */
  readonly lease: number;
  /** Milliseconds between two kills, on the average. */
  readonly pause: number;
}

export interface KilledWorkers {
  /** So far. */
  readonly kills: number;
  /** Rejects where a worker ended by itself. */
  stop(): Promise<void>;
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

const killedAndGone = async (worker: ChildProcess): Promise<void> => {
  const gone = once(worker, 'exit');
  worker.kill('SIGKILL');
  await gone;
};

/** Two workers, of which one after the other is killed at random moments and started again, until `stop`. */
export function killedWorkers(url: string, { rng, lease, pause }: KilledWorkersOptions): KilledWorkers {
  const start = (): ChildProcess => {
    const words = ['worker', '--queue', url, '--lease', String(lease), '--threads', '1'];
    const worker = startCommandLine(words);
    worker.stderr?.resume();
    return worker;
  };
  const workers = Array.from({ length: WORKERS }, start);
  const stopping = new AbortController();
  const state = { kills: 0 };
  const killing = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(pause * (0.5 + rng.uniform()), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (stopping.signal.aborted) return;
      const which = rng.int(WORKERS);
      if (!isRunning(workers[which]!)) throw new Error('soak: a worker ended by itself');
      await killedAndGone(workers[which]!);
      state.kills++;
      workers[which] = start();
    }
  })();
  killing.catch(() => undefined);
  return {
    get kills() {
      return state.kills;
    },
    async stop() {
      stopping.abort();
      try {
        await killing;
      } finally {
        for (const worker of workers) if (isRunning(worker)) await killedAndGone(worker);
      }
    },
  };
}
