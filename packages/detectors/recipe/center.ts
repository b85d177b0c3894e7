// `npm run train:detector`: the `center` detector, which judges.

import { fileURLToPath } from 'node:url';
import { centerDetector } from '../src/index.js';
import { centerConfig, centerRun, centerStage, judgeScenes } from './stage.js';
import { detectorCommand } from './training.js';

await detectorCommand('train:detector', {
  config: centerConfig,
  folder: 'runs/detector',
  weights: fileURLToPath(new URL('../weights/center', import.meta.url)),
  run: centerRun,
  scenes: judgeScenes,
  stage: centerStage,
  load: centerDetector,
});
