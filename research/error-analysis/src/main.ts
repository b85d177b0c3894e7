// `npm run error-analysis -- --count 48 --scenes wide`: what keeps the embedded model from the figures of real scenes?

import { cpu } from '@spatiallock/backend-onnx';
import { choice, wholeNumber } from '@spatiallock/cli/command';
import { centerDetector } from '@spatiallock/detectors';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { runCommand } from '@spatiallock/research-harness';
import { modelDirectory } from '@spatiallock/research-model-128';
import { judgeDirectory } from '@spatiallock/research-model-128/judge';
import { readPretrained } from '@spatiallock/research-recipe-128';
import { varieties } from '@spatiallock/research-scenes-128';
import { analyseErrors, type ErrorSource } from './errorAnalysis.js';

await runCommand({
  name: 'error-analysis',
  description:
    'Measure, one source of error after the other, what keeps the embedded model from real scenes.',
  args: {
    count: { type: 'string', valueHint: '48', description: 'held-out layouts' },
    scenes: { type: 'string', valueHint: varieties.join('|'), description: 'kind of layouts; default plain' },
    copies: { type: 'boolean', description: 'only judge and autoencoder, which takes seconds' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 1 }) ?? 48;
    const variety = choice(flags, 'scenes', varieties) ?? 'plain';
    const backend = cpu();
    const plugins = [poi()];
    const pipe = flags.has('copies') ? undefined : await fromPretrained(modelDirectory, { backend, plugins });
    const judge = await centerDetector({ backend, files: directory(judgeDirectory) });
    const weights = await readPretrained(modelDirectory);
    const sayRow = (source: ErrorSource): void => say(rowOf(source));
    await analyseErrors({ backend, pipe, judge, count, variety, weights, signal, say: sayRow });
    await Promise.all([judge.dispose(), pipe?.dispose()]);
    await backend.dispose();
  },
});

function rowOf({ name, meanIoU, success, small, stretched }: ErrorSource): string {
  const figures = { 'mean IoU': meanIoU, success, 'below 2 %': small, 'beyond 2:1': stretched };
  const cells = Object.entries(figures).flatMap(([title, value]) =>
    value === null ? [] : [`${title} ${value.toFixed(3)}`],
  );
  return [name.padEnd(44), ...cells].join('  ');
}
