/** The limits that every scene keeps; `spreads` has those of each variety. */
export const limits = {
  maxObjects: 8,
  /** Geometric mean of width and height, as a fraction of the side. */
  maxSide: 0.6,
} as const;
