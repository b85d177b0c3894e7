// `npm run bench:checkpoints`: memory and seconds a call of a full-size Stable Diffusion 1.4 with GLIGEN, at 512 x 512.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choice, text, wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { measureBrowser } from './browser/measure.js';
import { dtypeTable } from './dtypes.js';
import { writeFullSize } from './model.js';

const dtypes = ['float32', 'float16'] as const;
const kinds = ['pictures', 'weights', 'training', 'browser'] as const;
const scriptAt = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** For glibc: memory of blocks from 4 MiB goes back to the system when it is freed; by itself it comes to keep up to 32 MiB of each. */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: String(2 ** 22) };

await runCommand({
  name: 'bench:checkpoints',
  description:
    'Measure a random model of the size of Stable Diffusion 1.4 with GLIGEN: needs 11 GB on the disk for temporary files.',
  args: {
    measure: {
      type: 'string',
      valueHint: kinds.join('|'),
      description:
        'pictures; weights in fewer bits; steps of training on 8 pictures; or a float16 model in Chromium; default pictures',
    },
    width: {
      type: 'string',
      valueHint: '320',
      description: 'channels of the first level; default 320, the full size',
    },
    side: {
      type: 'string',
      valueHint: '64',
      description: 'latents a side; default 64, pictures of 512 pixels',
    },
    budget: { type: 'string', valueHint: 'GiB', description: 'of a step of training; default 5' },
    model: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'a model directory to open in Chromium; default: a random one that is written for it',
    },
    'part-mib': {
      type: 'string',
      valueHint: '768',
      description: 'the most MiB of weights in a part, in Chromium; default 768',
    },
    dtype: { type: 'string', valueHint: dtypes.join('|'), description: 'what the files hold; default both' },
    steps: { type: 'string', valueHint: '4', description: 'calls that are measured; default 4' },
  },
  async run(flags, { say }) {
    const dtype = choice(flags, 'dtype', dtypes);
    const steps = wholeNumber(flags, 'steps', { min: 1, max: 1000 }) ?? 4;
    const measure = choice(flags, 'measure', kinds) ?? 'pictures';
    const size = {
      width: wholeNumber(flags, 'width', { min: 32, max: 320 }) ?? 320,
      side: wholeNumber(flags, 'side', { min: 16, max: 128 }) ?? 64,
    };
    const folder = mkdtempSync(join(tmpdir(), 'spatiallock-checkpoints-'));
    try {
      if (measure === 'browser') {
        const given = text(flags, 'model');
        const model = given ?? join(folder, 'float16');
        if (given === undefined) await writeFullSize(model, 'float16', size);
        const partBytes = (wholeNumber(flags, 'part-mib', { min: 1, max: 1024 }) ?? 768) * 2 ** 20;
        const residentBytes = Math.min(2 ** 30, 2 * partBytes);
        return await measureBrowser(model, folder, { ...size, partBytes, residentBytes, calls: steps }, say);
      }
      if (measure !== 'pictures') {
        const model = join(folder, 'float32');
        await writeFullSize(model, 'float32', size);
        const budget = wholeNumber(flags, 'budget', { min: 1, max: 1000 }) ?? 5;
        if (measure === 'weights') await dtypeTable(model, folder, size.side, say);
        else {
          const given = { model, folder, budget, steps, side: 8 * size.side };
          const half = Math.ceil(steps / 2);
          // In two processes, for a training that goes on from its saved state must keep to the memory, too.
          const learning = [trained(given, half), ...(half < steps ? [trained(given)] : [])];
          const losses = learning.flatMap((each) => each.losses);
          say(lossTable(losses, trained(given, 'still').losses));
          const peaks = learning.map(({ peakGiB }) => `${peakGiB} GiB`).join(', after going on ');
          say(`peak ${peaks}; ${learning.at(-1)!.trainableParameters} parameters learn`);
        }
        return;
      }
      say('| files | fusers | first call, s | calls, s | peak, GiB |\n| --- | --- | --- | --- | --- |');
      for (const each of dtype ? [dtype] : dtypes) {
        const model = join(folder, each);
        await writeFullSize(model, each);
        for (const until of [1, 0]) say(row(each, until, measured(model, until, steps)));
        rmSync(model, { recursive: true });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

interface Measured {
  readonly firstCall: number;
  readonly calls: readonly number[];
  readonly peakGiB: number;
}

/** What a script prints; what it tells of its progress goes through. */
function run(script: string, ...words: readonly (string | number)[]): string {
  const node = [
    '--import',
    'tsx',
    '--conditions=@spatiallock/source',
    scriptAt(script),
    ...words.map(String),
  ];
  return execFileSync(process.execPath, node, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...MALLOC, ...process.env },
  });
}

function measured(model: string, until: number, steps: number): Measured {
  return JSON.parse(run('measure.ts', model, until, steps)) as Measured;
}

interface TrainedOn {
  readonly model: string;
  readonly folder: string;
  readonly budget: number;
  readonly steps: number;
  readonly side: number;
}

interface Trained {
  readonly trainableParameters?: number;
  readonly losses: readonly number[];
  readonly peakGiB: number;
}

/** `still`: the base's losses of the same steps; a number: it stops after this step, with its state saved. */
function trained({ model, folder, budget, steps, side }: TrainedOn, ...how: ('still' | number)[]): Trained {
  return JSON.parse(run('train.ts', model, folder, budget, steps, side, ...how)) as Trained;
}

/** Each step has a picture, noise and a timestep of its own: only the base's loss of the same step says what was learnt. */
function lossTable(losses: readonly number[], base: readonly number[]): string {
  const rows = losses.map((loss, i) => {
    const before = base[i] ?? Number.NaN;
    return `| ${i + 1} | ${before.toFixed(4)} | ${loss.toFixed(4)} | ${(loss - before).toFixed(4)} |`;
  });
  return ['| step | loss of the base | loss | difference |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function row(dtype: string, until: number, { firstCall, calls, peakGiB }: Measured): string {
  const cells = [dtype, until > 0 ? 'on' : 'off', firstCall.toFixed(1), calls.join(', '), peakGiB.toFixed(1)];
  return `| ${cells.join(' | ')} |`;
}
