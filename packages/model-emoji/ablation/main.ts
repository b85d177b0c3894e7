// `npm run ablation`: what each part of SpatialLock is worth. It resumes where it was stopped.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '@spatiallock/backend-onnx';
import { runAblation } from './ablation.js';
import { ablationRows, chosenRows } from './rows.js';

const help = `npm run ablation -- [flags]
  --rows a,b       of ${ablationRows.map(({ key }) => key).join(', ')}; default all
  --seeds 1        trainings of each row
  --steps 100      training steps of each row
  --batch 32       pictures in a step
  --peak 0.0007    peak of the learning rate
  --scenes 2000    scenes to train on
  --count 64       held-out layouts that each row paints
  --lambda 0.01    share of each of PoG's losses
  --pictures 4     of a step that the image path looks at
  --noisiest 200   timestep at which it does
  --strength 0.03  of PoG's guidance
  --sampling n     denoising steps; default the model's own
  --checkpoint dir model directory to start from; default the embedded model
  --out dir        folder of the run and its results; default runs/ablation
  --threads n      default all cores`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    rows: { type: 'string' },
    seeds: { type: 'string' },
    steps: { type: 'string' },
    batch: { type: 'string' },
    peak: { type: 'string' },
    scenes: { type: 'string' },
    count: { type: 'string' },
    sampling: { type: 'string' },
    lambda: { type: 'string' },
    pictures: { type: 'string' },
    noisiest: { type: 'string' },
    strength: { type: 'string' },
    checkpoint: { type: 'string' },
    out: { type: 'string' },
    threads: { type: 'string' },
  },
});

type NumberFlag =
  | 'seeds'
  | 'steps'
  | 'batch'
  | 'scenes'
  | 'count'
  | 'sampling'
  | 'threads'
  | 'peak'
  | 'lambda'
  | 'pictures'
  | 'noisiest'
  | 'strength';

function optional(name: NumberFlag, whole = true): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${name}: must be a ${whole ? 'whole ' : ''}number above 0, not ${text}`);
}

async function main(): Promise<void> {
  if (values.help) return console.log(help);
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  const folder = resolve(values.out ?? 'runs/ablation');
  const backend = cpu({ threads: optional('threads') });
  const embedded = fileURLToPath(new URL('../model', import.meta.url));
  await runAblation({
    backend,
    folder,
    signal: controller.signal,
    say: (line) => console.log(line),
    rows: chosenRows(values.rows),
    seeds: optional('seeds') ?? 1,
    settings: {
      checkpoint: resolve(values.checkpoint ?? embedded),
      steps: optional('steps') ?? 100,
      batch: optional('batch') ?? 32,
      peak: optional('peak', false) ?? 7e-4,
      scenes: optional('scenes') ?? 2000,
      count: optional('count') ?? 64,
      samplingSteps: optional('sampling'),
      lambda: optional('lambda', false),
      pictures: optional('pictures'),
      noisiest: optional('noisiest'),
      guidanceStrength: optional('strength', false),
    },
  });
  await backend.dispose();
  console.log(`${folder}/ablation.json, ablation.html, ablation.md, ablation.png`);
}

await main();
