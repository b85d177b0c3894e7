// How much the boxes of scenes differ: the usual spread, a wider one with what is hard to paint, and a crowded one.

/** 'mixed' goes through the others by turns: seeds 0, 3, 6 ... are plain, 1, 4, 7 ... wide, 2, 5, 8 ... crowded. */
export const varieties = ['plain', 'wide', 'crowded', 'mixed'] as const;

/** How much the boxes of scenes differ. */
export type Variety = (typeof varieties)[number];

/** What a scene draws its boxes and classes from, and the limits that it keeps. */
export interface Spread {
  /** Least geometric mean of width and height, as a fraction of the side. */
  readonly minSide: number;
  /** Stretch of width / height about the natural aspect. */
  readonly minStretch: number;
  readonly maxStretch: number;
  /** Weights of 1, 2, ... objects. */
  readonly countWeights: readonly number[];
  /** How likely a later object repeats an earlier class. */
  readonly repeatChance: number;
  /** How likely a later object is put over an earlier one on purpose. */
  readonly overlapChance: number;
  /** How likely a repeated class stands right beside its twin. */
  readonly besideChance: number;
  /** The greatest IoU of two boxes. */
  readonly maxIou: number;
  /** At most this part of the smaller of two boxes lies in the larger one. */
  readonly maxInside: number;
  /** At least this part of every object is visible. */
  readonly minVisible: number;
}

/** Wide scenes hold objects down to 1 % of the picture, some beyond 2:1; crowded ones up to 8 that hide each other. */
export const spreads: Readonly<Record<Exclude<Variety, 'mixed'>, Spread>> = {
  plain: {
    minSide: 0.16,
    minStretch: 0.7,
    maxStretch: 1.4,
    countWeights: [24, 28, 22, 15, 7, 4],
    repeatChance: 0.08,
    overlapChance: 0,
    besideChance: 0.2,
    maxIou: 0.2,
    maxInside: 0.5,
    minVisible: 0.65,
  },
  wide: {
    minSide: 0.1,
    minStretch: 0.4,
    maxStretch: 2.5,
    countWeights: [12, 14, 18, 20, 19, 17],
    repeatChance: 0.2,
    overlapChance: 0,
    besideChance: 0.2,
    maxIou: 0.2,
    maxInside: 0.5,
    minVisible: 0.65,
  },
  crowded: {
    minSide: 0.14,
    minStretch: 0.7,
    maxStretch: 1.4,
    countWeights: [0, 10, 14, 18, 18, 16, 13, 11],
    repeatChance: 0.2,
    overlapChance: 0.45,
    besideChance: 0.6,
    maxIou: 0.6,
    maxInside: 0.85,
    minVisible: 0.25,
  },
};

const turns = ['plain', 'wide', 'crowded'] as const;

/** The spread of a seed's scene; throws on an unknown variety. */
export function spreadOf(variety: Variety, seed: number): Spread {
  const name = variety === 'mixed' ? turns[seed % turns.length] : variety;
  if (Object.hasOwn(spreads, name)) return spreads[name];
  throw new Error(`variety: "${variety}" is unknown; use one of ${varieties.join(', ')}`);
}
