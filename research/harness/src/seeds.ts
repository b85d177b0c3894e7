// Which scenes train what.

/**
 * Seeds of scenes: each purpose draws from a range of its own. `further` is that of a run that trains the published
 * U-Net on, and lies beyond the supervising detector's: raise it by 4,000,000 for each such run, so that its scenes are new.
 */
export const seedRanges = {
  autoencoder: 0,
  unet: 10_000_000,
  detector: 20_000_000,
  text: 30_000_000,
  /** Far behind the scenes of the recipe's U-Net, so that no row of the ablation has seen them. */
  ablation: 18_000_000,
  further: 58_000_000,
} as const;
