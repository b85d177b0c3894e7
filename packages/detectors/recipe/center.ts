// `npm run train:detector`: the `center` detector, which judges (see training.ts for what the environment may set).

import { fileURLToPath } from 'node:url';
import { centerDetector } from '../src/index.js';
import { centerConfig, centerRun, centerStage, judgeScenes } from './stage.js';
import { trainDetector } from './training.js';

await trainDetector({
  config: centerConfig,
  folder: 'runs/detector',
  weights: fileURLToPath(new URL('../weights/center', import.meta.url)),
  run: centerRun,
  scenes: judgeScenes,
  stage: centerStage,
  load: centerDetector,
});
