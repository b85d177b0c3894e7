// `npm run soak:kills`: does a `spatiallock train` that is killed at any moment lose at most one interval, and end as one
// that never was?

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wholeNumber } from '@spatiallock/cli/command';
import { type Random, random } from '@spatiallock/core/nn';
import { readTensorsIfAny } from '@spatiallock/node';
import { runCommand } from '@spatiallock/research-harness';
import { type Kill, type Outcome, runCommandLine } from './killedCommand.js';
import { filesIn, requireSame } from './sameFiles.js';
import { SAVE_EVERY, STEPS, trainingFiles } from './trainingFiles.js';

const STATE = join('training', 'state.safetensors');
/** What tells when something was done. */
const TIMED = new Set([join('training', 'log.jsonl')]);

await runCommand({
  name: 'soak:kills',
  description: 'Kill `spatiallock train` at random moments; its model must be that of a run never stopped.',
  args: {
    count: { type: 'string', valueHint: '100', description: 'kills; default 100' },
    seed: { type: 'string', valueHint: '1', description: 'when; default 1' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 1 }) ?? 100;
    const rng = random(wholeNumber(flags, 'seed', { min: 0 }) ?? 1);
    const folder = await mkdtemp(join(tmpdir(), 'spatiallock-kills-'));
    try {
      const wordsFor = await trainingFiles(folder);
      const began = performance.now();
      await runCommandLine(wordsFor(join(folder, 'whole')), 'training');
      const whole = performance.now() - began;
      const expected = await filesIn(join(folder, 'whole'));
      let [kills, trainings, most] = [0, 0, 0];
      for (; kills < count; trainings++) {
        const out = join(folder, `run-${trainings}`);
        for (let finished = false; !finished; ) {
          signal.throwIfAborted();
          const kill = kills < count ? killFrom(rng, whole, await savedStep(out)) : undefined;
          const outcome = await runCommandLine(wordsFor(out), 'training', kill);
          finished = outcome.finished;
          if (finished) continue;
          kills++;
          most = Math.max(most, await lostSteps(out, outcome));
          if (most > SAVE_EVERY) {
            throw new Error(
              `soak: kill ${kills} lost ${most} steps of a training that saves every ${SAVE_EVERY}`,
            );
          }
          if (kills % 10 === 0) say(`${kills} kills in ${trainings} trainings, at most ${most} steps lost`);
        }
        requireSame(await filesIn(out), expected, TIMED);
        await rm(out, { recursive: true });
      }
      say(
        `${kills} kills in ${trainings} trainings: all ${expected.size} files equal, at most ${most} steps lost, none stray`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** One in four at any time from the start of the process on; the others while it trains, saves or writes the model. */
function killFrom(rng: Random, whole: number, saved: number): Kill {
  if (rng.int(4) === 0) return { after: 0, delay: rng.uniform() * whole };
  // One line for each tenth that is left, and one at the start.
  const lines = Math.ceil((STEPS - saved) / SAVE_EVERY) + 1;
  return { after: 1 + rng.int(lines), delay: rng.uniform() * 150 };
}

async function savedStep(out: string): Promise<number> {
  const state = await readTensorsIfAny(join(out, STATE));
  return Number(state?.['train.step']?.data[0] ?? 0);
}

/** Steps that the process reported and that are not in its state. */
async function lostSteps(out: string, { percent }: Outcome): Promise<number> {
  return Math.max(0, (percent / 100) * STEPS - (await savedStep(out)));
}
