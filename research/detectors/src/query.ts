// `npm run train:query`: the `query` detector, which may supervise.

import { queryDetector } from '@spatiallock/detectors';
import { matchingBackend } from './matching.js';
import { queryConfig, queryRun, queryScenes, queryStage } from './queryStage.js';
import { detectorCommand } from './training.js';
import { queryDirectory } from './weights.js';

await detectorCommand('train:query', {
  config: queryConfig,
  folder: 'runs/query',
  weights: queryDirectory,
  run: queryRun,
  scenes: queryScenes,
  stage: queryStage,
  trainingBackend: (backend, { batch }) => matchingBackend(backend, queryConfig, batch),
  load: queryDetector,
});
