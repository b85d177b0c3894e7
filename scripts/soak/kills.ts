// `npm run soak`, its second half: does a training that is killed at any moment lose at most one interval, and end as one
// that never was? A small stage of its own stands for all: the same `trainStage` runs every training here.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wholeNumber } from '@spatiallock/cli/command';
import { random } from '@spatiallock/core';
import { isTemporary, readTensorsIfAny } from '@spatiallock/node';
import { runCommand } from '@spatiallock/research-harness';
import { SAVE_EVERY, STAGE, STEPS } from './killedStage.js';

const script = fileURLToPath(new URL('./killedTraining.ts', import.meta.url));
/** What a finished stage leaves. */
const FILES = ['log.jsonl', 'state.safetensors'];

await runCommand({
  name: 'soak:kills',
  description: 'Kill a training at random moments; its weights must end as if it had never been stopped.',
  args: {
    count: { type: 'string', valueHint: '100', description: 'kills; default 100' },
    seed: { type: 'string', valueHint: '1', description: 'when; default 1' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 1 }) ?? 100;
    const rng = random(wholeNumber(flags, 'seed', { min: 0 }) ?? 1);
    const folder = await mkdtemp(join(tmpdir(), 'spatiallock-kills-'));
    try {
      const whole = join(folder, 'whole');
      await trained(whole);
      const expected = await readFile(statePath(whole));
      let [kills, trainings, most] = [0, 0, 0];
      for (; kills < count; trainings++) {
        const run = join(folder, `run-${trainings}`);
        for (let finished = false; !finished; ) {
          signal.throwIfAborted();
          const left = STEPS - (await savedStep(run));
          // Some kills hit the start and the saving at the end, most a step in between.
          const outcome =
            kills < count ? await killed(run, rng.int(left + 4), rng.uniform() * 12) : await trained(run);
          finished = outcome.finished;
          if (finished) continue;
          kills++;
          most = Math.max(most, outcome.seen - (await savedStep(run)));
          if (most > SAVE_EVERY + 1) {
            throw new Error(
              `soak: kill ${kills} lost ${most} steps of a training that saves every ${SAVE_EVERY}`,
            );
          }
          if (kills % 10 === 0) say(`${kills} kills, at most ${most} steps lost`);
        }
        await requireSame(run, expected);
        await rm(run, { recursive: true });
      }
      say(
        `${kills} kills in ${trainings} trainings: weights equal, at most ${most} steps lost, no stray file`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

function statePath(run: string): string {
  return join(run, STAGE, 'state.safetensors');
}

async function savedStep(run: string): Promise<number> {
  const state = await readTensorsIfAny(statePath(run));
  return Number(state?.['train.step']?.data[0] ?? 0);
}

interface Outcome {
  readonly finished: boolean;
  /** The last step that the process had told of. */
  readonly seen: number;
}

function trained(run: string): Promise<Outcome> {
  return killed(run, Number.POSITIVE_INFINITY, 0);
}

/** Runs the training; kills it `delay` milliseconds after it has told of `steps` steps. */
function killed(run: string, steps: number, delay: number): Promise<Outcome> {
  const flags = ['--import', 'tsx', '--conditions=@spatiallock/source', script, run];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  let [seen, told, rest] = [0, 0, ''];
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      seen = Math.max(seen, Number(line));
      if (told++ >= steps) timer ??= setTimeout(() => child.kill('SIGKILL'), delay);
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve({ finished: true, seen });
      else if (signal === 'SIGKILL') resolve({ finished: false, seen });
      else reject(new Error(`soak: the training ended with code ${code}`));
    });
  });
}

async function requireSame(run: string, expected: Uint8Array): Promise<void> {
  const files = (await readdir(join(run, STAGE))).sort();
  const stray = files.find((name) => !FILES.includes(name) || isTemporary(name));
  if (stray !== undefined) throw new Error(`soak: ${stray} is left in ${run}`);
  const state = await readFile(statePath(run));
  if (!state.equals(expected))
    throw new Error('soak: the weights differ from those of a training that was never killed');
}
