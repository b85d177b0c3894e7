// Flags that say how prompts are read.

import { type PromptWeighting, promptWeightings } from '@spatiallock/core/pipeline';
import type { ArgsDef } from 'citty';
import { choice, type Flags, wholeNumber } from './flags.js';

export const promptArgs = {
  'prompt-weighting': {
    type: 'string',
    valueHint: promptWeightings.join('|'),
    description:
      'read (word), (word:1.3) and the like in prompts as weights, as that program does; default: as text',
  },
  'clip-skip': {
    type: 'string',
    valueHint: '2',
    description: "the text encoder's layer that counts, from the end; 1 is the last and the default",
  },
} as const satisfies ArgsDef;

/** Options of a pipeline, and what records tell. */
export interface PromptRequest {
  readonly promptWeighting?: PromptWeighting;
  readonly clipSkip?: number;
}

const LAYERS = { min: 1, max: 128 };

export function readPromptRequest(flags: Flags): PromptRequest {
  const weighting = choice(flags, 'prompt-weighting', promptWeightings);
  const clipSkip = wholeNumber(flags, 'clip-skip', LAYERS);
  return {
    ...(weighting === undefined ? {} : { promptWeighting: weighting }),
    ...(clipSkip === undefined ? {} : { clipSkip }),
  };
}
