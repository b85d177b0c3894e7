// Noise-to-signal ratios (sigma) and Karras spacing.

import type { NoiseSchedule } from './noiseSchedule.js';

// Half precision's smallest number: what stands for zero signal where a sampler divides by it.
const leastAlphaCumprod = 2 ** -24;

/**
 * The schedule with its last timestep kept just above zero signal, for samplers that divide by the signal.
 */
export function withoutZeroSignal(schedule: NoiseSchedule): NoiseSchedule {
  return { ...schedule, alphasCumprod: schedule.alphasCumprod.map((a) => Math.max(a, leastAlphaCumprod)) };
}

/** sqrt((1 - a) / a) at every training timestep, rising. */
export function trainingSigmas(schedule: NoiseSchedule): Float64Array {
  return schedule.alphasCumprod.map((a) => Math.sqrt((1 - a) / a));
}

/** The value at a fractional index, between its two neighbours in a straight line. */
export function interpolate(values: Float64Array, index: number): number {
  const low = Math.min(Math.max(Math.floor(index), 0), values.length - 1);
  const high = Math.min(low + 1, values.length - 1);
  const from = values[low] as number;
  return from + ((values[high] as number) - from) * (index - low);
}

/** Sigmas from high to low, spaced as Karras et al. 2022 do (arXiv 2206.00364, equation 5), rho 7. */
export function karrasSigmas(highest: number, lowest: number, count: number): number[] {
  const rho = 7;
  const from = highest ** (1 / rho);
  const to = lowest ** (1 / rho);
  return Array.from(
    { length: count },
    (_, i) => (count === 1 ? from : from + ((to - from) * i) / (count - 1)) ** rho,
  );
}

/** The fractional timestep of a sigma, by straight lines in log(sigma). */
export function timestepOfSigma(sigmas: Float64Array, sigma: number): number {
  let low = 0;
  while (low < sigmas.length - 2 && (sigmas[low + 1] as number) <= sigma) low++;
  const from = Math.log(sigmas[low] as number);
  const to = Math.log(sigmas[low + 1] as number);
  return low + Math.min(Math.max((Math.log(sigma) - from) / (to - from), 0), 1);
}
