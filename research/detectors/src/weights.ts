// Where the built-in detectors keep their weights.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const weights = join(
  dirname(createRequire(import.meta.url).resolve('@spatiallock/detectors/package.json')),
  'weights',
);

/** Of `center`, which judges. */
export const judgeDirectory = join(weights, 'center');

/** Of `query`, which may supervise and guide. */
export const queryDirectory = join(weights, 'query');
