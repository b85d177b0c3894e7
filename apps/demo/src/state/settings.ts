// How pictures are made; kept from visit to visit.

/** PoI off, PoI, PoI + PoG. */
export const modes = ['off', 'poi', 'pog'] as const;
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
}

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
};

export interface Limits {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const limits = {
  seed: { min: 0, max: 999_999, step: 1 },
  pictures: { min: 1, max: 8, step: 1 },
  steps: { min: 1, max: 100, step: 1 },
  guidanceScale: { min: 1, max: 15, step: 0.5 },
  poiStrength: { min: 0, max: 2, step: 0.05 },
  pogStrength: { min: 0, max: 0.2, step: 0.01 },
} as const satisfies Partial<Record<keyof Settings, Limits>>;

/** Strength of PoG where it is shown beside PoI and none was chosen: pog's own default. */
const POG_STRENGTH = 0.03;

export interface Variant {
  readonly seed: number;
  readonly mode: Mode;
  readonly pogStrength: number;
}

/** The pictures that one press of the button asks for. */
export function variantsOf({ seed, pictures, compare, pogStrength }: Settings): Variant[] {
  if (compare) return modes.map((mode) => ({ seed, mode, pogStrength: pogStrength || POG_STRENGTH }));
  const mode: Mode = pogStrength > 0 ? 'pog' : 'poi';
  return Array.from({ length: pictures }, (_, i) => ({ seed: seed + i, mode, pogStrength }));
}

/** Kept settings, with the standard ones for what is missing or not what it should be. */
export function readSettings(json: unknown): Settings {
  if (typeof json !== 'object' || json === null) return standardSettings;
  const given = json as Record<string, unknown>;
  const entries = Object.entries(standardSettings).map(([key, standard]) => {
    const value = given[key];
    if (typeof value !== typeof standard) return [key, standard];
    const range = (limits as Record<string, Limits>)[key];
    if (!range) return [key, value];
    const fits = Number.isFinite(value) && (value as number) >= range.min && (value as number) <= range.max;
    return [key, fits ? value : standard];
  });
  return Object.fromEntries(entries) as unknown as Settings;
}
