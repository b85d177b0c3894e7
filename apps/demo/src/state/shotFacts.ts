// What the page says about a picture: its title, its status and its scores.

import type { EvaluatedObject } from '@spatiallock/evaluation';
import { modeNames } from './settings.js';
import type { Shot } from './shots.js';

/** What a picture is called. */
export const titleOf = ({ title, compared, mode, seed }: Shot): string =>
  title ?? (compared ? modeNames[mode] : `Seed ${seed}`);

/** The status of a picture, as screen readers announce it. */
export function resultOf(shot: Shot): string {
  const { compared, title, seed, status, stepIndex, calls, message, judged = [] } = shot;
  const name = compared || title !== undefined ? titleOf(shot) : `Picture of seed ${seed}`;
  const mean = meanIou(judged);
  if (status === 'failed') return `${name} failed: ${message}`;
  if (status === 'cancelled') return `${name} cancelled after ${stepIndex} of ${calls} steps`;
  return mean === undefined ? `${name} done` : `${name} done, mean IoU ${mean.toFixed(2)}`;
}

/** The median of the calls after the first, which also warms up. */
export function millisecondsPerStep({ times }: Pick<Shot, 'times'>): number | undefined {
  const sorted = (times.length > 1 ? times.slice(1) : times).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Mean IoU of the objects that the detector can judge, 0 for those not found; undefined where it can judge none. */
export function meanIou(judged: readonly EvaluatedObject[]): number | undefined {
  const known = judged.filter(({ detector }) => detector !== undefined);
  if (known.length === 0) return undefined;
  return known.reduce((sum, { detector }) => sum + (detector?.iou ?? 0), 0) / known.length;
}
