// `npm run bench:checkpoints`: memory and seconds a call of a full-size Stable Diffusion 1.4 with GLIGEN, at 512 x 512.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choice, text, wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { measureBrowser } from './browser/measure.js';
import { dtypeTable } from './dtypes.js';
import { writeFullSize } from './model.js';
import { type Measured, measured, type TrainedOn, trained } from './processes.js';
import { speedTable } from './speed.js';

const dtypes = ['float32', 'float16'] as const;
const kinds = ['pictures', 'speed', 'weights', 'training', 'browser'] as const;

await runCommand({
  name: 'bench:checkpoints',
  description:
    'Measure a random model of the size of Stable Diffusion 1.4 with GLIGEN: needs 11 GB on the disk for temporary files.',
  args: {
    measure: {
      type: 'string',
      valueHint: kinds.join('|'),
      description:
        'pictures; speed beside PyTorch; weights in fewer bits; steps of training on 8 pictures; or a float16 model in Chromium; default pictures',
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
        else if (measure === 'speed') speedTable(model, { side: size.side, steps }, say);
        else trainingTable({ model, folder, budget, steps, side: 8 * size.side }, say);
        return;
      }
      say('| files | fusers | first call, s | calls, s | peak, GiB |\n| --- | --- | --- | --- | --- |');
      for (const each of dtype ? [dtype] : dtypes) {
        const model = join(folder, each);
        await writeFullSize(model, each);
        for (const until of [1, 0]) say(row(each, until, measured(model, { until, steps })));
        rmSync(model, { recursive: true });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** In two processes, for a training that goes on from its saved state must keep to the memory, too. */
function trainingTable(given: TrainedOn, say: (line: string) => void): void {
  const stop = Math.ceil(given.steps / 2);
  const learning = [trained(given, stop), ...(stop < given.steps ? [trained(given)] : [])];
  const losses = learning.flatMap((each) => each.losses);
  say(lossTable(losses, trained(given, 'still').losses));
  const peaks = learning.map(({ peakGiB }) => `${peakGiB} GiB`).join(', after going on ');
  say(`peak ${peaks}; ${learning.at(-1)!.trainableParameters} parameters learn`);
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
