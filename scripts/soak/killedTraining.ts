// The process that kills.ts kills: killedTraining.ts FOLDER. It tells of 0 when it begins and of each step.

import { cpu } from '@spatiallock/backend-onnx';
import { trainStage } from '@spatiallock/training';
import { killedStage } from './killedStage.js';

const backend = cpu({ threads: 1 });
process.stdout.write('0\n');
await trainStage(killedStage(), {
  backend,
  folder: process.argv[2]!,
  signal: new AbortController().signal,
  onStep: ({ done }) => process.stdout.write(`${done}\n`),
});
await backend.dispose();
