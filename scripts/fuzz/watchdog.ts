// Ends the process where one input never ends: a thread of its own looks whether the work goes on.

import { Worker } from 'node:worker_threads';

export interface Watchdog {
  /** Tells what is being read now. */
  begin(target: number, input: number): void;
  close(): Promise<void>;
}

const script = `
  const { workerData: { shared, names, seed, seconds } } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const state = new Int32Array(shared);
  let last = '';
  setInterval(() => {
    const [target, input] = state;
    const now = target + ':' + input;
    if (now !== last || target < 0) { last = now; return; }
    writeSync(2, 'error: fuzz: ' + names[target] + ' hangs at input ' + input + ' of seed ' + seed + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 1000 * seconds);
`;

/** `seconds` without a new input are a hang. */
export function watchdog(names: readonly string[], seed: number, seconds = 30): Watchdog {
  const shared = new SharedArrayBuffer(8);
  const state = new Int32Array(shared).fill(-1);
  const worker = new Worker(script, { eval: true, workerData: { shared, names, seed, seconds } });
  worker.unref();
  return {
    begin(target, input) {
      state[0] = target;
      state[1] = input;
    },
    async close() {
      await worker.terminate();
    },
  };
}
