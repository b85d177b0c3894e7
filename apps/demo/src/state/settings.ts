// How pictures are made; kept from visit to visit.

import { MAX_SEED, schedulerNames } from '@spatiallock/core';

/** PoI off, PoI, PoI + PoG. */
const modes = ['off', 'poi', 'pog'] as const;
export type Mode = (typeof modes)[number];

export const modeNames: Readonly<Record<Mode, string>> = { off: 'PoI off', poi: 'PoI', pog: 'PoI + PoG' };

export interface Settings {
  readonly seed: number;
  /** How many pictures, with this seed and those after it. */
  readonly pictures: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: string;
  /** 1 as trained. */
  readonly poiStrength: number;
  /** 0 is off; else how far the detector's gradient moves the latents. */
  readonly pogStrength: number;
  /** Shows the seed with PoI off, with PoI, and with PoI and PoG. */
  readonly compare: boolean;
  readonly previews: boolean;
  /** The picture follows the boxes as they are changed. */
  readonly live: boolean;
  /** Of the picture that comes at once; `steps` are those of its refinement. */
  readonly liveSteps: number;
}

/** What of the settings decides the pixels of one picture, and so belongs to it. */
export const samplingKeys = [
  'seed',
  'steps',
  'guidanceScale',
  'scheduler',
  'poiStrength',
  'pogStrength',
] as const satisfies (keyof Settings)[];
export type Sampling = Pick<Settings, (typeof samplingKeys)[number]>;

export const samplingOf = (settings: Sampling): Sampling =>
  Object.fromEntries(samplingKeys.map((key) => [key, settings[key]])) as unknown as Sampling;

export const standardSettings: Settings = {
  seed: 7,
  pictures: 1,
  steps: 25,
  guidanceScale: 5,
  scheduler: 'ddim',
  poiStrength: 1,
  pogStrength: 0,
  compare: false,
  previews: true,
  live: false,
  liveSteps: 5,
};

export interface Limits {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const limits = {
  seed: { min: 0, max: MAX_SEED, step: 1 },
  pictures: { min: 1, max: 8, step: 1 },
  steps: { min: 1, max: 100, step: 1 },
  liveSteps: { min: 4, max: 6, step: 1 },
  guidanceScale: { min: 1, max: 15, step: 0.5 },
  poiStrength: { min: 0, max: 2, step: 0.05 },
  pogStrength: { min: 0, max: 0.2, step: 0.01 },
} as const satisfies Partial<Record<keyof Settings, Limits>>;

/** Strength of PoG where it is shown beside PoI and none was chosen: pog's own default. */
const POG_STRENGTH = 0.03;

export interface Variant {
  readonly mode: Mode;
  readonly sampling: Sampling;
}

/** How a picture with these settings is made: a strength of 0 is PoI off. */
export function variantOf(sampling: Sampling): Variant {
  const { poiStrength, pogStrength } = sampling;
  return { mode: poiStrength === 0 ? 'off' : pogStrength > 0 ? 'pog' : 'poi', sampling };
}

/** The pictures that one press of the button asks for. */
export function variantsOf(settings: Settings): Variant[] {
  const { seed, pictures, compare, poiStrength, pogStrength } = settings;
  const common = samplingOf(settings);
  if (!compare) {
    return Array.from({ length: pictures }, (_, i) => variantOf({ ...common, seed: seed + i }));
  }
  const held = poiStrength || standardSettings.poiStrength;
  return [
    variantOf({ ...common, poiStrength: 0, pogStrength: 0 }),
    variantOf({ ...common, poiStrength: held, pogStrength: 0 }),
    variantOf({ ...common, poiStrength: held, pogStrength: pogStrength || POG_STRENGTH }),
  ];
}

/** Kept settings, with the standard ones for what is missing or not what it should be. */
export function readSettings(json: unknown): Settings {
  if (typeof json !== 'object' || json === null) return standardSettings;
  const given = json as Record<string, unknown>;
  const entries = Object.entries(standardSettings).map(([key, standard]) => {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    return [key, isUsable(key as keyof Settings, value) ? value : standard];
  });
  return Object.fromEntries(entries) as unknown as Settings;
}

/** Whether a setting can have this value. */
export function isUsable(key: keyof Settings, value: unknown): boolean {
  if (typeof value !== typeof standardSettings[key]) return false;
  if (key === 'scheduler') return schedulerNames.includes(value as string);
  const range = (limits as Readonly<Record<string, Limits>>)[key];
  if (!range) return true;
  const isWithin = (value as number) >= range.min && (value as number) <= range.max;
  return isWithin && (range.step < 1 || Number.isInteger(value));
}

/** What is wrong with a seed as typed, where so many pictures are to be made from it on. */
export function seedFault(text: string, pictures: number): string | undefined {
  const last = MAX_SEED - pictures + 1;
  const isWhole = /^\d{1,16}$/.test(text.trim());
  return isWhole && Number(text) <= last ? undefined : `Seed: a whole number from 0 to ${last}`;
}
