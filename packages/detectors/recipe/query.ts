// `npm run train:query`: the `query` detector, which may supervise.

import { fileURLToPath } from 'node:url';
import { queryDetector } from '../src/index.js';
import { matchingBackend } from './matching.js';
import { queryConfig, queryRun, queryScenes, queryStage } from './queryStage.js';
import { detectorCommand } from './training.js';

await detectorCommand('train:query', {
  config: queryConfig,
  folder: 'runs/query',
  weights: fileURLToPath(new URL('../weights/query', import.meta.url)),
  run: queryRun,
  scenes: queryScenes,
  stage: queryStage,
  trainingBackend: (backend, { batch }) => matchingBackend(backend, queryConfig, batch),
  load: queryDetector,
});
