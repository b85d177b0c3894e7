// `npm run train:detector`: the `center` detector, which judges.

import { centerDetector } from '@spatiallock/detectors';
import { centerConfig, centerRun, centerStage, judgeScenes } from './stage.js';
import { detectorCommand } from './training.js';
import { judgeDirectory } from './weights.js';

await detectorCommand('train:detector', {
  config: centerConfig,
  folder: 'runs/detector',
  weights: judgeDirectory,
  run: centerRun,
  scenes: judgeScenes,
  stage: centerStage,
  load: centerDetector,
});
