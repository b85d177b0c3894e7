// `npm run bench:checkpoints`: memory and seconds a call of a full-size Stable Diffusion 1.4 with GLIGEN, at 512 x 512.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choice, wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { writeFullSize } from './model.js';

const dtypes = ['float32', 'float16'] as const;
const measure = fileURLToPath(new URL('measure.ts', import.meta.url));

await runCommand({
  name: 'bench:checkpoints',
  description:
    'Measure a random model of the size of Stable Diffusion 1.4 with GLIGEN: needs 11 GB on the disk for temporary files.',
  args: {
    dtype: { type: 'string', valueHint: dtypes.join('|'), description: 'what the files hold; default both' },
    steps: { type: 'string', valueHint: '4', description: 'calls that are measured; default 4' },
  },
  async run(flags, { say }) {
    const dtype = choice(flags, 'dtype', dtypes);
    const steps = wholeNumber(flags, 'steps', { min: 2, max: 1000 }) ?? 4;
    const folder = mkdtempSync(join(tmpdir(), 'spatiallock-checkpoints-'));
    try {
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

function measured(model: string, until: number, steps: number): Measured {
  const words = [
    '--import',
    'tsx',
    '--conditions=@spatiallock/source',
    measure,
    model,
    `${until}`,
    `${steps}`,
  ];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Measured;
}

function row(dtype: string, until: number, { firstCall, calls, peakGiB }: Measured): string {
  const cells = [dtype, until > 0 ? 'on' : 'off', firstCall.toFixed(1), calls.join(', '), peakGiB.toFixed(1)];
  return `| ${cells.join(' | ')} |`;
}
