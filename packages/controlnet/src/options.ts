// What may differ from call to call.

import { type CallProgress, type Tensor, tensor } from '@spatiallock/core';
import { checkFlag, checkKeys, checkNumber } from '@spatiallock/core/checks';
import type { ControlImage } from './image.js';

/** How strongly a ControlNet acts, and in which share of the calls. */
export interface ControlStrength {
  /** Times what the network adds, 0..10; 0 is off. Default 1. */
  readonly scale?: number;
  /**
   * Whether the image counts more than the prompt: the unconditional half of classifier-free guidance goes without it, and
   * coarse maps get more of it than fine ones. Default false.
   */
  readonly guessMode?: boolean;
  /**
   * The share of the calls of the U-Net that pass before the network acts, 0..1, as diffusers' control_guidance_start:
   * call i of n counts where i / n is at least this. Default 0.
   */
  readonly from?: number;
  /** The share of the calls after which it acts no more: call i of n counts where (i + 1) / n is at most this. Default 1. */
  readonly until?: number;
}

/** Options of a call: `generate(layout, { plugins: { control: { scale: 0.5 } } })`. */
export interface ControlCallOptions extends ControlStrength {
  /** For every layout that has no control image of its own. */
  readonly image?: ControlImage | string;
}

export const STRENGTH_FIELDS = ['scale', 'guessMode', 'from', 'until'] as const;

const SHARE = { min: 0, max: 1 };
const SCALE = { min: 0, max: 10 };

/** Throws an error that begins with `path`; what is not given is taken from `own`. */
export function parseStrength(
  given: unknown,
  path: string,
  own: Required<ControlStrength> = { scale: 1, guessMode: false, from: 0, until: 1 },
): Required<ControlStrength> {
  const fields = checkKeys(given, STRENGTH_FIELDS, path);
  const { scale = own.scale, guessMode = own.guessMode, from = own.from, until = own.until } = fields;
  const strength = {
    scale: checkNumber(scale, SCALE, `${path}.scale`),
    guessMode: checkFlag(guessMode, `${path}.guessMode`),
    from: checkNumber(from, SHARE, `${path}.from`),
    until: checkNumber(until, SHARE, `${path}.until`),
  };
  if (strength.until > strength.from) return strength;
  throw new Error(`${path}.until: must be greater than from (${strength.from}), not ${strength.until}`);
}

/** Whether the network acts in a call, as diffusers' control_guidance_start and control_guidance_end decide it. */
export const acts = (
  { from, until }: Required<ControlStrength>,
  { stepIndex, calls }: CallProgress,
): boolean => stepIndex / calls >= from && (stepIndex + 1) / calls <= until;

/**
 * What each map's residual is multiplied by, the mid block's last: [N, maps]. `rows` tells which rows get any. In guess
 * mode maps get 0.1 to 1, evenly in logarithms; networks that average over the picture (`pooled`) do without.
 */
export function residualScales(
  rows: readonly boolean[],
  maps: number,
  { scale, guessMode }: Required<ControlStrength>,
  pooled: boolean,
): Tensor {
  const byMap = Array.from({ length: maps }, (_, i) =>
    guessMode && !pooled ? scale * 10 ** (i / (maps - 1) - 1) : scale,
  );
  return tensor(
    rows.flatMap((acting) => (acting ? byMap : byMap.map(() => 0))),
    [rows.length, maps],
  );
}
