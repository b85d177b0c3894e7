// How pictures are made; kept from visit to visit.

import { MAX_SEED, schedulerNames } from '@spatiallock/core';
import { guiding, holding, type PluginControl } from './pluginSettings.js';

/** Objects are not held to their boxes, are held, or are guided there by a detector as well. */
export type Mode = 'off' | 'held' | 'guided';

export const modeNames: Readonly<Record<Mode, string>> = {
  off: `${holding.title} off`,
  held: holding.title,
  guided: `${holding.title} + ${guiding.title}`,
};

export interface Settings {
  readonly seed: number;
  /** How many pictures, with this seed and those after it. */
  readonly pictures: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: string;
  /** 1 as trained. */
  readonly strength: number;
  /** 0 is off; else how far the detector's gradient moves the latents. */
  readonly guideStrength: number;
  /** Objects below this share of the picture's side are painted again, enlarged; 0 is none. */
  readonly details: number;
  /** Shows the seed in all three modes. */
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
  'strength',
  'guideStrength',
  'details',
] as const satisfies (keyof Settings)[];
export type Sampling = Pick<Settings, (typeof samplingKeys)[number]>;

export const samplingOf = (settings: Sampling): Sampling =>
  Object.fromEntries(samplingKeys.map((key) => [key, settings[key]])) as unknown as Sampling;

export const standardSettings: Settings = {
  seed: 7,
  pictures: 1,
  steps: 4,
  guidanceScale: 4,
  scheduler: 'ddim',
  strength: 1,
  guideStrength: 0,
  details: 0.3125,
  compare: false,
  previews: true,
  live: false,
  liveSteps: 4,
};

export interface Limits {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const rangeOf = ({ setting: { control } }: PluginControl): Limits => ({
  ...{ min: control.min, max: control.max, step: control.step },
});

export const limits = {
  seed: { min: 0, max: MAX_SEED, step: 1 },
  pictures: { min: 1, max: 8, step: 1 },
  steps: { min: 1, max: 100, step: 1 },
  liveSteps: { min: 4, max: 6, step: 1 },
  guidanceScale: { min: 1, max: 15, step: 0.5 },
  strength: rangeOf(holding),
  guideStrength: rangeOf(guiding),
  details: { min: 0, max: 0.5, step: 0.0125 },
} as const satisfies Partial<Record<keyof Settings, Limits>>;

/** Strength of the guidance where it is shown beside the others and none was chosen: the model's own. */
const GUIDE_STRENGTH = 0.03;

export interface Variant {
  readonly mode: Mode;
  readonly sampling: Sampling;
}

/** How a picture with these settings is made: at a strength of 0 objects are not held. */
export function variantOf(sampling: Sampling): Variant {
  const { strength, guideStrength } = sampling;
  return { mode: strength === 0 ? 'off' : guideStrength > 0 ? 'guided' : 'held', sampling };
}

/** Settings as a model takes them: without the detector's guidance where it has none. */
export const samplingFor = (settings: Sampling, canGuide: boolean): Sampling => ({
  ...samplingOf(settings),
  ...(canGuide ? {} : { guideStrength: 0 }),
});

/** The pictures that one press of the button asks for; of a model without guidance none that is guided. */
export function variantsOf(settings: Settings, canGuide: boolean): Variant[] {
  const { seed, pictures, compare, strength, guideStrength } = settings;
  const common = samplingFor(settings, canGuide);
  if (!compare) {
    return Array.from({ length: pictures }, (_, i) => variantOf({ ...common, seed: seed + i }));
  }
  const held = strength || standardSettings.strength;
  return [
    variantOf({ ...common, strength: 0, guideStrength: 0 }),
    variantOf({ ...common, strength: held, guideStrength: 0 }),
    ...(canGuide
      ? [variantOf({ ...common, strength: held, guideStrength: guideStrength || GUIDE_STRENGTH })]
      : []),
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
