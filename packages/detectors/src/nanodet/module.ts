// NanoDet as a module that models declare and commands load.

import type { DetectorDefinition } from '@spatiallock/core';
import { requireFiles } from '../vocabulary.js';
import { nanodet } from './detector.js';
import { cocoLabels } from './labels.js';

/** Reads nanodet.json and nanodet.bin of the folder that it is given. */
export const nanodetModule: DetectorDefinition = {
  open: ({ backend, files }) =>
    nanodet({ backend, files: requireFiles(files, 'nanodet', 'nanodet.json and nanodet.bin') }),
  vocabulary: () => ({ labels: cocoLabels }),
};
