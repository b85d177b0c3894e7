// How noisy each picture of a batch is, and how much its error counts.

import { type NoiseSchedule, noiseLevel, type PredictionType } from '@spatiallock/core/schedulers';

/** How a row of a batch is noised: its timestep, the levels of signal and noise, and its weight in the loss. */
export interface NoisedRow {
  readonly timestep: number;
  readonly signal: number;
  readonly noise: number;
  readonly weight: number;
}

/** Caps the weight of nearly clean pictures; the paper's own choice. */
export const MIN_SNR = 5;

/** The row's numbers at a whole timestep. */
export function noisedRow(schedule: NoiseSchedule, timestep: number, cap: number = MIN_SNR): NoisedRow {
  const { signal, noise } = noiseLevel(schedule, timestep);
  return {
    timestep,
    signal,
    noise,
    weight: minSnrWeight(schedule.predictionType, (signal / noise) ** 2, cap),
  };
}

/**
 * Weight of the squared error at a signal-to-noise ratio: that of the clean latents' error is min(snr, cap)
 * (Hang et al., arXiv 2303.09556, section 3.4), which v and epsilon see divided by snr + 1 and snr.
 */
export function minSnrWeight(type: PredictionType, snr: number, cap: number = MIN_SNR): number {
  if (type === 'epsilon') return snr <= cap ? 1 : cap / snr;
  if (type === 'sample') return Math.min(snr, cap);
  return snr === Number.POSITIVE_INFINITY ? 0 : Math.min(snr, cap) / (snr + 1);
}

/** One timestep from each of `rows` equal strips, `draw` in 0..1: every step of training sees all noise levels. */
export function stratified(row: number, rows: number, draw: number, timesteps: number): number {
  return Math.min(timesteps - 1, Math.floor(((row + draw) / rows) * timesteps));
}
