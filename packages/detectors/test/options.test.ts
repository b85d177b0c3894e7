// Options that a detector does not know are errors, before a file is read.

import { referenceBackend } from '@spatiallock/core';
import { expect, it } from 'vitest';
import { centerDetector } from '../src/center/index.js';
import { nanodet } from '../src/nanodet/index.js';
import { queryDetector } from '../src/query/index.js';

const files = {
  read: () => Promise.reject(new Error('a file was read')),
};

it.each([
  [
    'center',
    centerDetector,
    { minSocre: 0.1 },
    'center detector: "minSocre" is not known; did you mean minScore?',
  ],
  ['query', queryDetector, { maxPeaks: 3 }, 'query detector: "maxPeaks" is not known'],
  ['nanodet', nanodet, { imagesize: 320 }, 'nanodet: "imagesize" is not known; did you mean imageSize?'],
  ['nanodet', nanodet, { imageSize: '320' }, 'imageSize: "320" must be a multiple of 32'],
  ['center', centerDetector, { batch: 0 }, 'batch: 0 must be an integer of at least 1'],
] as const)('%s', async (_, open, options, message) => {
  const given = { backend: referenceBackend(), files, ...options };
  await expect((async () => open(given as never))()).rejects.toThrow(message);
});
