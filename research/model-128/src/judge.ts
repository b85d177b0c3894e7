// Apart from the rest: nothing that trains a generator may know the judge.

import { folder } from './folder.js';

/** The weights of `center`, which judges. */
export const judgeDirectory = folder('detectors/center');
