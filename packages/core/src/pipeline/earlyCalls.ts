/** Absorbs what a product of a share and a count loses in floating point. */
const SLACK = 1e-9;

/**
 * How many calls of the U-Net, from the first, make a share of all: rounded down, but at least one where the share is
 * above 0, so that few steps switch nothing off. `share` lies in 0..1.
 */
export function earlyCalls(share: number, calls: number): number {
  return share > 0 ? Math.max(1, Math.floor(share * calls + SLACK)) : 0;
}
