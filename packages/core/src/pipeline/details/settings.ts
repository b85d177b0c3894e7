// Which objects are painted once more, enlarged, and how.

import { checkKeys, checkNumber, checkWhole } from '../../checks/index.js';
import type { SamplingPlan, Scheduler } from '../../schedulers/plan.js';
import { skippedSteps } from '../source.js';

/**
 * Details: once a picture is painted, its small objects are painted again in enlarged crops, which are put back. The
 * U-Net places an object to a pixel or so whatever its size, and draws it on few latents: enlarged, both errors shrink. Up to
 * four objects share one crop sheet, which costs an encoding, some calls of the U-Net and a decoding.
 */
export interface Details {
  /**
   * Objects whose box has a geometric mean of width and height below this share of the picture's are painted again, 0..1;
   * 0 is none. Default 0.3125, 80 of 256 pixels.
   */
  readonly below?: number;
  /** Steps of which the last `strength` are made, 1..1000. Default 3. */
  readonly steps?: number;
  /** How much of the way from noise is sampled, 0..1, see `SourceOptions`. Default 0.67, two calls of three steps. */
  readonly strength?: number;
}

const STANDARD: Required<Details> = { below: 0.3125, steps: 3, strength: 0.67 };
const SHARE = { min: 0, max: 1 };

/** How details are sampled. */
export interface DetailsPlan {
  readonly settings: Required<Details>;
  readonly plan: SamplingPlan;
}

/** Throws where the strength leaves none of the steps. */
export const planDetails = (scheduler: Scheduler, settings: Required<Details>): DetailsPlan => ({
  settings,
  plan: scheduler.plan(settings.steps, skippedSteps(settings.steps, settings.strength, 'details.strength')),
});

/** Reads the option: true for the model's own or the usual settings, false for none. Throws an error that begins with `path`. */
export function checkDetails(
  given: unknown,
  own: Required<Details> | undefined,
  path = 'details',
): Required<Details> | undefined {
  if (given === undefined) return own;
  if (given === false) return undefined;
  const settings = { ...STANDARD, ...own };
  if (given === true) return settings;
  const fields = checkKeys(given, Object.keys(STANDARD), path);
  const { below = settings.below, steps = settings.steps, strength = settings.strength } = fields;
  return {
    below: checkNumber(below, SHARE, `${path}.below`),
    steps: checkWhole(steps, { min: 1, max: 1000 }, `${path}.steps`),
    strength: checkNumber(strength, SHARE, `${path}.strength`),
  };
}
