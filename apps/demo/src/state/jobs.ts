// Settings and layouts to what the worker is asked for.

import type { Layout } from '@spatiallock/core';
import type { Job, JobSource } from '../worker/protocol.js';
import type { Variant } from './settings.js';

/** What a job paints over, and how large it is. */
export interface JobPlace {
  readonly source?: JobSource;
  readonly side?: number;
}

/** In the mode `off` every object is replaced by the learned null; its strength is that of the training. */
export function jobOf(
  layout: Layout,
  { mode, sampling }: Variant,
  previews: boolean,
  { source, side }: JobPlace = {},
): Job {
  const strength = mode === 'off' ? 1 : sampling.strength;
  return {
    layout,
    ...sampling,
    mode,
    strength,
    previews,
    ...(source ? { source } : {}),
    ...(side === undefined || source ? {} : { side }),
  };
}
