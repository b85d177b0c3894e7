// What a user may set about fine-tuning.

import { checkChoice, checkFlag, checkWhole, showValue } from '@spatiallock/core/checks';

/** What makes steps of gradients: `adamw` and `muon` of `@spatiallock/core/train`. */
export const OPTIMISERS = ['adamw', 'muon'] as const;

/** Settings of `fineTune`. */
export interface FineTuneSettings {
  /** Default 1000. */
  readonly steps: number;
  /** Pictures in a step. Default 4. */
  readonly batch: number;
  /** Peak of the learning rate. Default 1e-4. */
  readonly rate: number;
  /** `muon` moves every direction of a matrix alike; a step takes a little longer. Default `adamw`. */
  readonly optimiser: (typeof OPTIMISERS)[number];
  /** Trains the whole U-Net instead of the plugins' parameters alone. Default false. */
  readonly unet: boolean;
  /** Smallest side of an object's box in a view, in fractions of it. Default 0.04. */
  readonly minBox: number;
  /** Default true. */
  readonly flip: boolean;
  /** Share of the pictures kept for validation. Default 0.1. */
  readonly validation: number;
  readonly seed: number;
  /** Learns words that the model's list lacks; without it they are refused. Default true. */
  readonly newWords: boolean;
  /** Share of the pictures that rehearses the layouts of `rehearse`, 0 up to 1; it holds over steps of any `batch`. Default 0.5. */
  readonly rehearsal: number;
  /** Steps between two saves of the state and looks at the validation loss. Default 100. */
  readonly saveEvery: number;
}

/** What is used where a setting is not given. */
export const defaultFineTuneSettings: FineTuneSettings = {
  steps: 1000,
  batch: 4,
  rate: 1e-4,
  optimiser: 'adamw',
  unet: false,
  minBox: 0.04,
  flip: true,
  validation: 0.1,
  seed: 0,
  newWords: true,
  rehearsal: 0.5,
  saveEvery: 100,
};

/** Far above any rate that trains. */
const MAX_RATE = 10;

/** The defaults with what is given. Throws an error that names the field which is out of its range. */
export function fineTuneSettings(options: Partial<FineTuneSettings>): FineTuneSettings {
  const given = Object.keys(defaultFineTuneSettings).flatMap((key) => {
    const value = options[key as keyof FineTuneSettings];
    return value === undefined ? [] : [[key, value] as const];
  });
  const settings = { ...defaultFineTuneSettings, ...Object.fromEntries(given) };
  checkSettings(settings);
  return settings;
}

function checkSettings(settings: FineTuneSettings): void {
  for (const name of ['steps', 'batch', 'saveEvery'] as const) {
    const value = settings[name];
    if (!(Number.isInteger(value) && value >= 1))
      throw new Error(`${name}: must be a whole number of at least 1, not ${showValue(value)}`);
  }
  if (!(settings.rate > 0 && settings.rate <= MAX_RATE))
    throw new Error(`rate: must be a number above 0, ${MAX_RATE} at most, not ${showValue(settings.rate)}`);
  for (const name of ['unet', 'flip', 'newWords'] as const) checkFlag(settings[name], name);
  checkChoice(settings.optimiser, OPTIMISERS, 'optimiser');
  checkWhole(settings.seed, { min: 0, max: 2 ** 32 - 1 }, 'seed');
  for (const name of ['validation', 'minBox', 'rehearsal'] as const) {
    const value = settings[name];
    if (!(value >= 0 && value < 1))
      throw new Error(`${name}: must lie in 0..1, 1 excluded, not ${showValue(value)}`);
  }
}
