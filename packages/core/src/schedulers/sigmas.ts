// Noise-to-signal ratios (sigma) and the timesteps that they stand at.

import type { NoiseSchedule } from './noiseSchedule.js';

// Half precision's smallest number: what stands for zero signal where a sampler divides by it.
const leastAlphaCumprod = 2 ** -24;

/**
 * The schedule with a last timestep of zero signal kept just above it, for samplers that divide by the signal.
 */
export function withoutZeroSignal(schedule: NoiseSchedule): NoiseSchedule {
  const { alphasCumprod } = schedule;
  const last = alphasCumprod.length - 1;
  if (alphasCumprod[last] !== 0) return schedule;
  const kept = alphasCumprod.slice();
  // Where the timestep before has no more either, half of it: sigmas must rise.
  kept[last] = Math.min(leastAlphaCumprod, (alphasCumprod[last - 1] as number) / 2);
  return { ...schedule, alphasCumprod: kept };
}

/** sqrt((1 - a) / a) at every training timestep, rising. */
export function trainingSigmas(schedule: NoiseSchedule): Float64Array {
  return schedule.alphasCumprod.map((a) => Math.sqrt((1 - a) / a));
}

/** Whether a schedule with this last sigma ends at (nearly) no signal; Stable Diffusion's is 14.6. */
export function endsAtNoSignal(highest: number): boolean {
  return highest > 1000;
}

/** The value at a fractional index, between its two neighbours in a straight line. */
export function interpolate(values: Float64Array, index: number): number {
  const low = Math.min(Math.max(Math.floor(index), 0), values.length - 1);
  const high = Math.min(low + 1, values.length - 1);
  const from = values[low] as number;
  return from + ((values[high] as number) - from) * (index - low);
}

/** The fractional timestep of a sigma, by straight lines in log(sigma); the first or last timestep beyond the ends. */
export function timestepOfSigma(sigmas: Float64Array, sigma: number): number {
  let low = 0;
  let high = sigmas.length - 1;
  if (high === 0 || sigma <= (sigmas[0] as number)) return 0;
  if (sigma >= (sigmas[high] as number)) return high;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((sigmas[middle] as number) <= sigma) low = middle;
    else high = middle;
  }
  const from = Math.log(sigmas[low] as number);
  const to = Math.log(sigmas[high] as number);
  return to > from ? low + Math.min(Math.max((Math.log(sigma) - from) / (to - from), 0), 1) : low;
}
