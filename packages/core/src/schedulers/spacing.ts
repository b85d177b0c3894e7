// Which timesteps a sampler visits (arXiv 2305.08891, table 2), numbered as diffusers does.

import { oneOf, readNumber, type SchedulerConfig } from './config.js';

export type Spacing = 'leading' | 'trailing' | 'linspace';

const spacings: readonly Spacing[] = ['leading', 'trailing', 'linspace'];

export interface SpacingSettings {
  readonly spacing: Spacing;
  /** Added to every timestep of `leading` spacing. */
  readonly stepsOffset: number;
}

export function spacingSettings(config: SchedulerConfig, fallback: Spacing): SpacingSettings {
  const stepsOffset = readNumber(config, 'steps_offset', { min: 0, max: 9999, whole: true }, 0);
  return { spacing: oneOf(config, 'timestep_spacing', spacings, fallback), stepsOffset };
}

/**
 * `steps` timesteps of 0 .. `train` - 1, falling, not rounded for linspace.
 *
 * `leading` counts up from 0 in equal whole strides, `trailing` down from the last timestep, `linspace`
 * reaches both ends.
 */
export function spacedTimesteps(settings: SpacingSettings, steps: number, train: number): number[] {
  const at = timestepAt(settings, steps, train);
  return Array.from({ length: steps }, (_, i) => at(i));
}

function timestepAt({ spacing, stepsOffset }: SpacingSettings, steps: number, train: number) {
  switch (spacing) {
    case 'linspace':
      return (i: number) => (steps === 1 ? 0 : ((train - 1) * (steps - 1 - i)) / (steps - 1));
    case 'leading': {
      const stride = Math.max(Math.floor(train / steps), 1);
      // The first timestep must exist, also where as many steps as timesteps leave no room for the offset.
      const offset = Math.min(stepsOffset, train - 1 - (steps - 1) * stride);
      return (i: number) => (steps - 1 - i) * stride + offset;
    }
    case 'trailing':
      return (i: number) => roundHalfEven(train - (i * train) / steps) - 1;
  }
}

/**
 * The timesteps of DPM-Solver schedulers: those of `steps` + 1 points without the last, which is the target.
 * `usable` is how many of the `train` timesteps may be visited, from the first.
 */
export function solverTimesteps(
  settings: SpacingSettings,
  steps: number,
  train: number,
  usable: number,
): number[] {
  if (settings.spacing !== 'trailing') {
    return spacedTimesteps(settings, steps + 1, usable)
      .slice(0, steps)
      .map((timestep) => Math.max(roundHalfEven(timestep), 0));
  }
  return Array.from({ length: steps }, (_, i) => usable - (i * train) / steps)
    .filter((end) => end > 0)
    .map((end) => Math.max(roundHalfEven(end) - 1, 0));
}

/** Rounds as numpy does: halves go to the even neighbour. */
export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const fraction = x - low;
  if (fraction !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
