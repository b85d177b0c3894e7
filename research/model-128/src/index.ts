// Where the model lies, and the detector that guides it.

import { folder } from './folder.js';

/** The model, in diffusers' layout. */
export const modelDirectory = folder('model');

/** The weights of `query`, which guides. */
export const queryDirectory = folder('detectors/query');
