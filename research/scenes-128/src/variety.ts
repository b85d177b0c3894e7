// How much the boxes of scenes differ: the usual spread, and a wider one with what is hard to paint.

/** 'mixed': every other scene, the odd seeds, is wide. */
export const varieties = ['plain', 'wide', 'mixed'] as const;

/** How much the boxes of scenes differ. */
export type Variety = (typeof varieties)[number];

/** What a scene draws its boxes and classes from. */
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
}

/** Wide scenes hold objects down to 1 % of the picture, some beyond 2:1, and more of them. */
export const spreads: Readonly<Record<Exclude<Variety, 'mixed'>, Spread>> = {
  plain: {
    minSide: 0.16,
    minStretch: 0.7,
    maxStretch: 1.4,
    countWeights: [24, 28, 22, 15, 7, 4],
    repeatChance: 0.08,
  },
  wide: {
    minSide: 0.1,
    minStretch: 0.4,
    maxStretch: 2.5,
    countWeights: [12, 14, 18, 20, 19, 17],
    repeatChance: 0.2,
  },
};

/** The spread of a seed's scene; throws where it is none of `varieties`. */
export function spreadOf(variety: Variety, seed: number): Spread {
  const name = variety === 'mixed' ? (seed % 2 === 1 ? 'wide' : 'plain') : variety;
  if (Object.hasOwn(spreads, name)) return spreads[name];
  throw new Error(`variety: "${variety}" is unknown; use one of ${varieties.join(', ')}`);
}
