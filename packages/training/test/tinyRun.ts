// Trains the tiny stage as a process of its own: tinyRun.ts FOLDER [STEP]. At STEP it tells so and waits to be killed.

import { trainStage } from '../src/index.js';
import { contextIn, tinyStage } from './tinyStage.js';

const [folder = '', waitAt] = process.argv.slice(2);

const stage = tinyStage(10, async (step) => {
  process.stdout.write(`batch ${step}\n`);
  if (String(step) !== waitAt) return;
  process.stdout.write('waiting\n');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
await trainStage(stage, contextIn(folder));
