// Settings and layouts to what the worker is asked for.

import type { Box, Layout } from '@spatiallock/core';
import type { Job, JobSource } from '../worker/protocol.js';
import type { Variant } from './settings.js';

/** What a job paints over, and how large it is. */
export interface JobPlace {
  readonly source?: JobSource;
  readonly side?: number;
}

/**
 * The share below which objects of a picture are painted again, enlarged; 0 where none is: in the mode `off`, which holds no
 * object there, where a picture is painted over, and where no object is small.
 */
export function detailsOf(
  { objects }: Layout,
  { mode, sampling }: Variant,
  { source }: JobPlace = {},
): number {
  const { details } = sampling;
  const isSmall = ([x0, y0, x1, y1]: Box): boolean => Math.sqrt((x1 - x0) * (y1 - y0)) < details;
  return mode !== 'off' && !source && objects.some(({ box }) => isSmall(box)) ? details : 0;
}

/** In the mode `off` every object is replaced by the learned null; its strength is that of the training. */
export function jobOf(layout: Layout, variant: Variant, previews: boolean, place: JobPlace = {}): Job {
  const { mode, sampling } = variant;
  const { source, side } = place;
  const strength = mode === 'off' ? 1 : sampling.strength;
  return {
    layout,
    ...sampling,
    mode,
    strength,
    details: detailsOf(layout, variant, place),
    previews,
    ...(source ? { source } : {}),
    ...(side === undefined || source ? {} : { side }),
  };
}
