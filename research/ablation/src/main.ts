// `npm run ablation`: what each part of SpatialLock is worth. It resumes where it was stopped.

import { resolve } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { number, positive, text, wholeNumber } from '@spatiallock/cli/command';
import { modelDirectory } from '@spatiallock/model-emoji';
import { RESUMES, runCommand } from '@spatiallock/research-harness';
import { runAblation } from './ablation.js';
import { ablationRows, chosenRows } from './rows.js';

await runCommand({
  name: 'ablation',
  description: 'Measure what each part of SpatialLock is worth.',
  kept: RESUMES,
  args: {
    rows: {
      type: 'string',
      valueHint: 'a,b',
      description: `of ${ablationRows.map(({ key }) => key).join(', ')}; default all`,
    },
    seeds: { type: 'string', valueHint: '1', description: 'trainings of each row' },
    steps: { type: 'string', valueHint: '100', description: 'training steps of each row' },
    batch: { type: 'string', valueHint: '32', description: 'pictures in a step' },
    peak: { type: 'string', valueHint: '0.0007', description: 'peak of the learning rate' },
    scenes: { type: 'string', valueHint: '2000', description: 'scenes to train on' },
    count: { type: 'string', valueHint: '64', description: 'held-out layouts that each row paints' },
    anew: { type: 'boolean', description: "PoI's weights begin from nothing in each row" },
    lambda: { type: 'string', valueHint: '0.01', description: "share of each of PoG's losses" },
    pictures: { type: 'string', valueHint: '4', description: 'of a step that the image path looks at' },
    'max-timestep': { type: 'string', valueHint: '200', description: 'timestep up to which it does' },
    strength: { type: 'string', valueHint: '0.03', description: "of PoG's guidance" },
    sampling: { type: 'string', valueHint: 'n', description: "denoising steps; default the model's own" },
    checkpoint: { type: 'string', valueHint: 'dir', description: 'model to start from; default embedded' },
    out: { type: 'string', valueHint: 'dir', description: 'of run and results; default runs/ablation' },
    threads: { type: 'string', valueHint: 'n', description: 'default all cores' },
  },
  async run(flags, { signal, say }) {
    const whole = (name: string) => wholeNumber(flags, name, { min: 1 });
    const folder = resolve(text(flags, 'out') ?? 'runs/ablation');
    const rows = chosenRows(text(flags, 'rows'));
    const seeds = whole('seeds') ?? 1;
    const settings = {
      checkpoint: resolve(text(flags, 'checkpoint') ?? modelDirectory),
      steps: whole('steps') ?? 100,
      batch: whole('batch') ?? 32,
      peak: number(flags, 'peak', positive) ?? 7e-4,
      scenes: whole('scenes') ?? 2000,
      // Fewer than two pictures have no Frechet distance.
      count: wholeNumber(flags, 'count', { min: 2 }) ?? 64,
      samplingSteps: whole('sampling'),
      lambda: number(flags, 'lambda', positive),
      pictures: whole('pictures'),
      maxTimestep: whole('max-timestep'),
      guidanceStrength: number(flags, 'strength', positive),
      ...(flags.has('anew') ? { anew: true as const } : {}),
    };
    const backend = cpu({ threads: whole('threads') });
    await runAblation({ backend, folder, signal, say, rows, seeds, settings });
    await backend.dispose();
    say(`${folder}/ablation.json, ablation.html, ablation.md, ablation.png`);
  },
});
