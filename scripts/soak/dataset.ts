// `npm run soak:dataset`: does a `spatiallock dataset` that is killed at any moment lose nothing, double nothing, and end with
// the bytes of one that never was? With --queue the same over Redis, whose workers are killed, too.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wholeNumber } from '@spatiallock/cli/command';
import { type Random, random } from '@spatiallock/core/nn';
import { runCommand } from '@spatiallock/research-harness';
import { startRedis } from '@spatiallock/testing/redis';
import { datasetFiles } from './datasetFiles.js';
import { type Kill, runCommandLine } from './killedCommand.js';
import { filesIn, requireSame } from './sameFiles.js';
import { killedWorkers } from './workers.js';

const PICTURES = 48;
const OPTIONS = ['--batch', '4', '--threads', '1'];
/** Lines of painting that a run tells at most. */
const LINES = 10;
/** Of a worker that is killed its batch is taken over after so many seconds. */
const LEASE = 2;

await runCommand({
  name: 'soak:dataset',
  description:
    'Kill `spatiallock dataset` at random moments; its files must be those of a run never stopped.',
  args: {
    count: { type: 'string', valueHint: '100', description: 'kills; default 100' },
    seed: { type: 'string', valueHint: '1', description: 'when; default 1' },
    queue: { type: 'boolean', description: 'leave the painting to two workers, and kill them, too' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 1 }) ?? 100;
    const rng = random(wholeNumber(flags, 'seed', { min: 0 }) ?? 1);
    const folder = await mkdtemp(join(tmpdir(), 'spatiallock-dataset-'));
    const redis = flags.has('queue') ? await startRedis() : undefined;
    try {
      const wordsFor = await datasetFiles(folder, { pictures: PICTURES, side: 24 });
      const began = performance.now();
      await runCommandLine([...wordsFor(join(folder, 'whole')), ...OPTIONS], 'painting');
      const whole = performance.now() - began;
      const expected = await filesIn(join(folder, 'whole'));
      let [kills, sets, killed] = [0, 0, 0];
      for (; kills + killed < count; sets++) {
        const out = join(folder, `set-${sets}`);
        const words = [...wordsFor(out), ...OPTIONS, ...(redis ? ['--queue', redis.url] : [])];
        const workers = redis && killedWorkers(redis.url, { rng, lease: LEASE, pause: 2 * whole });
        try {
          for (let finished = false; !finished; ) {
            signal.throwIfAborted();
            const more = kills + killed + (workers?.kills ?? 0) < count;
            finished = (await runCommandLine(words, 'painting', more ? killFrom(rng, whole) : undefined))
              .finished;
            if (!finished) kills++;
          }
        } finally {
          await workers?.stop();
        }
        killed += workers?.kills ?? 0;
        requireSame(await filesIn(out), expected);
        await rm(out, { recursive: true });
        say(`${sets + 1} data sets: ${kills} kills${redis ? `, ${killed} of workers` : ''}, all files equal`);
      }
      say(
        `${kills + killed} kills in ${sets} data sets of ${PICTURES} pictures: all ${expected.size} files equal`,
      );
    } finally {
      await redis?.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** One in four at any time from the start of the process on; the others while it paints, judges or writes labels. */
function killFrom(rng: Random, whole: number): Kill {
  if (rng.int(4) === 0) return { after: 0, delay: rng.uniform() * whole };
  return { after: 1 + rng.int(LINES), delay: rng.uniform() * 150 };
}
