/** The limits that every scene keeps; `spreads` has those of each variety, and those of crowded scenes reach the farthest. */
export const limits = {
  maxObjects: 8,
  /** Geometric mean of width and height, as a fraction of the side. */
  maxSide: 0.6,
  /** The greatest IoU of two boxes. */
  maxIou: 0.6,
  /** At most this part of the smaller of two boxes lies in the larger one. */
  maxInside: 0.85,
  /** At least this part of every object is visible. */
  minVisible: 0.25,
} as const;
