// Where the weights of the published detectors lie.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const weights = join(
  dirname(createRequire(import.meta.url).resolve('@spatiallock/detectors/package.json')),
  'weights',
);
/** The weights of the detector that judges the embedded model. */
export const judgeDirectory = join(weights, 'center');
/** The weights of the detector that guides it. */
export const guideDirectory = join(weights, 'query');
