// Light changes to scenes, so that a generator's softness and colours are in the judge's domain. Kinds and sizes are
// our choice.

import { normals, type Random } from '@spatiallock/core/nn';

/** Largest changes; each picture draws its own between none and these. */
export const augmentation = {
  /** Added to all values, of a range of -1..1. */
  brightness: 0.12,
  /** Contrast and saturation are stretched by 1 - x to 1 + x. */
  contrast: 0.15,
  saturation: 0.2,
  /** Share of pictures that are blurred, and the largest standard deviation of the blur in pixels. */
  blurChance: 0.5,
  blur: 1,
  /** Share of pictures with noise, and its largest standard deviation. */
  noiseChance: 0.5,
  noise: 0.05,
} as const;

// Drawing normal numbers for every pixel costs more than the scene: read a table from a random place instead.
const TABLE = 1 << 18;
let table: Float32Array | undefined;

/** Changes one picture [3, side, side] in place; values stay in -1..1. */
export function augment(picture: Float32Array, side: number, rng: Random): void {
  const within = (limit: number): number => (2 * rng.uniform() - 1) * limit;
  const brightness = within(augmentation.brightness);
  const contrast = 1 + within(augmentation.contrast);
  const saturation = 1 + within(augmentation.saturation);
  const blurDeviation = rng.uniform() < augmentation.blurChance ? rng.uniform() * augmentation.blur : 0;
  const noise = rng.uniform() < augmentation.noiseChance ? rng.uniform() * augmentation.noise : 0;
  const noiseStart = rng.int(TABLE);
  if (blurDeviation > 0) blur(picture, side, blurDeviation);
  colour(picture, side * side, brightness, contrast, saturation);
  if (noise > 0) addNoise(picture, noise, noiseStart);
  for (let i = 0; i < picture.length; i++) picture[i] = Math.min(1, Math.max(-1, picture[i]));
}

function colour(
  picture: Float32Array,
  plane: number,
  brightness: number,
  contrast: number,
  saturation: number,
): void {
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [picture[i], picture[i + plane], picture[i + 2 * plane]];
    const grey = (r + g + b) / 3;
    const base = grey * contrast + brightness;
    const chroma = contrast * saturation;
    picture[i] = base + (r - grey) * chroma;
    picture[i + plane] = base + (g - grey) * chroma;
    picture[i + 2 * plane] = base + (b - grey) * chroma;
  }
}

/** Two passes of three taps along both axes: near a Gaussian of that standard deviation (at most 1.1). */
function blur(picture: Float32Array, side: number, std: number): void {
  // One pass with outer weights w has a variance of 2w; two passes share the whole.
  const outer = Math.min(0.3, std ** 2 / 4);
  const line = new Float32Array(side);
  for (let start = 0; start < picture.length; start += side * side) {
    for (let k = 0; k < side; k++) {
      for (let pass = 0; pass < 2; pass++) {
        smooth(picture, start + k * side, 1, line, outer);
        smooth(picture, start + k, side, line, outer);
      }
    }
  }
}

function smooth(data: Float32Array, start: number, step: number, line: Float32Array, outer: number): void {
  const n = line.length;
  for (let i = 0; i < n; i++) line[i] = data[start + i * step];
  for (let i = 0; i < n; i++) {
    const before = line[Math.max(0, i - 1)];
    const after = line[Math.min(n - 1, i + 1)];
    data[start + i * step] = line[i] + outer * (before + after - 2 * line[i]);
  }
}

function addNoise(picture: Float32Array, std: number, start: number): void {
  table ??= normals(77, TABLE);
  for (let i = 0; i < picture.length; i++) picture[i] += std * table[(start + i) % TABLE];
}
