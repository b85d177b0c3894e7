// Settings and layouts to what the worker is asked for.

import type { Layout } from '@spatiallock/core';
import type { Job } from '../worker/protocol.js';
import type { Variant } from './settings.js';

/** In the mode `off` every object is replaced by the learned null; its strength is that of the training. */
export function jobOf(layout: Layout, { mode, sampling }: Variant, previews: boolean): Job {
  const strength = mode === 'off' ? 1 : sampling.strength;
  return { layout, ...sampling, mode, strength, previews };
}
