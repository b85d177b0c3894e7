// `npm run train:query`: the `query` detector, which may supervise (see training.ts for what the environment may set).

import { fileURLToPath } from 'node:url';
import { queryDetector } from '../src/index.js';
import { matchingBackend } from './matching.js';
import { queryConfig, queryRun, queryScenes, queryStage } from './queryStage.js';
import { trainDetector } from './training.js';

await trainDetector({
  config: queryConfig,
  folder: 'runs/query',
  weights: fileURLToPath(new URL('../weights/query', import.meta.url)),
  run: queryRun,
  scenes: queryScenes,
  stage: queryStage,
  trainingBackend: (backend, { batch }) => matchingBackend(backend, queryConfig, batch),
  load: queryDetector,
});
