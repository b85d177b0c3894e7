// `npm run soak:pictures`: does a `spatiallock dataset` of many pictures keep to its memory? The npm script tells glibc to hand
// freed memory back at once: by default it keeps some for later, and that is counted.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { datasetFiles } from './datasetFiles.js';
import { startCommandLine } from './killedCommand.js';

const BATCH = 32;
/** Growth from the second fifth of the pictures to the last, as a share. */
const MOST_GROWTH = 0.1;
const POLL_MS = 200;

interface Sample {
  /** Percent. */
  readonly painted: number;
  readonly task: string;
  readonly megabytes: number;
}

await runCommand({
  name: 'soak:pictures',
  description: 'Make a data set of many small pictures and watch the memory of the process.',
  args: {
    count: { type: 'string', valueHint: '10000', description: 'pictures; default 10,000' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 100 }) ?? 10_000;
    const folder = await mkdtemp(join(tmpdir(), 'spatiallock-pictures-'));
    try {
      // Both sizes from the beginning on: a size that comes later brings a graph of its own, once.
      const wordsFor = await datasetFiles(folder, { pictures: count, side: 16, run: BATCH, retry: 0 });
      const began = performance.now();
      const samples = await watch(
        [...wordsFor(join(folder, 'set')), '--batch', `${BATCH}`, '--threads', '1'],
        signal,
      );
      const seconds = (performance.now() - began) / 1000;
      for (let tenth = 1; tenth <= 9; tenth++) {
        say(`${10 * tenth} %: ${median(between(samples, 10 * tenth, 10 * tenth + 10)).toFixed(0)} MB`);
      }
      const labelling = samples.filter(({ task }) => task === 'labelling').map(({ megabytes }) => megabytes);
      const [early, late] = [median(between(samples, 20, 40)), median(between(samples, 80, 100))];
      const growth = late / early - 1;
      say(
        `${count} pictures in ${seconds.toFixed(0)} s: ${early.toFixed(0)} MB in the second fifth, ${late.toFixed(0)} MB in the last ` +
          `(${(100 * growth).toFixed(1)} %), at most ${Math.max(...labelling).toFixed(0)} MB while labels are written`,
      );
      // Not a number where a part of the run was too short to be looked at.
      if (!(growth <= MOST_GROWTH)) throw new Error(`soak: memory grew by ${(100 * growth).toFixed(1)} %`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

async function watch(words: readonly string[], signal: AbortSignal): Promise<Sample[]> {
  const child = startCommandLine(words);
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  const samples: Sample[] = [];
  let [task, painted, text] = ['loading', 0, ''];
  child.stderr.on('data', (piece) => {
    text = (text + String(piece)).slice(-1000);
    const [, name, share] = [...text.matchAll(/^(\w+).* (\d+) %$/gm)].at(-1) ?? [];
    if (name !== undefined) [task, painted] = [name, Number(share)];
  });
  const timer = setInterval(() => {
    memoryOf(child.pid!).then(
      (megabytes) => samples.push({ painted, task, megabytes }),
      () => undefined,
    );
  }, POLL_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(timer));
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`soak: the command ended with code ${code}\n${text}`);
  return samples;
}

/** Resident, in MB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}

function between(samples: readonly Sample[], least: number, most: number): number[] {
  return samples
    .filter(({ task, painted }) => task === 'painting' && painted >= least && painted < most)
    .map(({ megabytes }) => megabytes);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
