// Which background a picture shows: its nearest neighbours among painted ones, without the objects.

import type { Box } from '@spatiallock/core';
import { backgroundNames, paintBackground } from '../backgrounds.js';
import { type Canvas, createCanvas } from '../canvas.js';
import { grown, type Picture } from './picture.js';

/** Cells per side, and numbers a cell: mean RGB, and how much neighbours differ across and down. */
const CELLS = 16;
const CHANNELS = 5;
/** The side at which pictures are described. */
const SIDE = 64;
/** Seeds of painted examples lie far above those of scenes, which have 32 bits. */
const FIRST_SEED = 2 ** 40;
const NEIGHBOURS = 5;
/** Differences of neighbours count this much more than colours. */
const TEXTURE = 2.5;

/** Painted examples of every background, described. */
export interface Places {
  readonly examples: readonly { readonly name: string; readonly features: Float32Array }[];
}

/** Describes a picture, best of 64 pixels, cell by cell: [CELLS, CELLS, CHANNELS]. */
function featuresOf({ width, height, data }: Picture): Float32Array {
  const sums = new Float32Array(CELLS * CELLS * CHANNELS);
  const counts = new Float32Array(CELLS * CELLS);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * CELLS) / height) * CELLS + Math.floor((x * CELLS) / width);
      const from = 3 * (y * width + x);
      counts[cell]++;
      for (let c = 0; c < 3; c++) {
        const value = data[from + c];
        sums[CHANNELS * cell + c] += value;
        if (x + 1 < width) sums[CHANNELS * cell + 3] += (TEXTURE * Math.abs(data[from + 3 + c] - value)) / 3;
        if (y + 1 < height)
          sums[CHANNELS * cell + 4] += (TEXTURE * Math.abs(data[from + 3 * width + c] - value)) / 3;
      }
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[Math.floor(i / CHANNELS)]));
}

/** Painted backgrounds; `paint` fills the canvas, the same for the same seed. */
export interface Backgrounds {
  readonly names: readonly string[];
  /** Paints the background of that name; the same seed gives the same picture. */
  paint(canvas: Canvas, name: string, seed: number): unknown;
}

const ownBackgrounds: Backgrounds = { names: backgroundNames, paint: paintBackground };

/** Paints `count` examples of every background. */
export function learnPlaces(count: number, { names, paint }: Backgrounds = ownBackgrounds): Places {
  const canvas = createCanvas(SIDE, SIDE);
  const examples = names.flatMap((name) =>
    Array.from({ length: count }, (_, k) => {
      paint(canvas, name, FIRST_SEED + k);
      return { name, features: featuresOf(canvas) };
    }),
  );
  return { examples };
}

/** The name of the background; cells that the boxes touch do not count. */
export function placeOf({ examples }: Places, pictures: readonly Picture[], boxes: readonly Box[]): string {
  const level = pictures.reduce((best, picture) =>
    Math.abs(Math.log(picture.width / SIDE)) < Math.abs(Math.log(best.width / SIDE)) ? picture : best,
  );
  const features = featuresOf(level);
  const hidden = boxes.map((box) => grown(box, 0.06));
  const open = Array.from({ length: CELLS * CELLS }, (_, cell) => cell).filter((cell) => {
    const [x, y] = [((cell % CELLS) + 0.5) / CELLS, (Math.floor(cell / CELLS) + 0.5) / CELLS];
    return !hidden.some(([x0, y0, x1, y1]) => x > x0 && x < x1 && y > y0 && y < y1);
  });
  const distances = examples.map(({ name, features: other }) => {
    let sum = 0;
    for (const cell of open) {
      for (let i = CHANNELS * cell; i < CHANNELS * (cell + 1); i++)
        sum += Math.min(90, Math.abs(features[i] - other[i]));
    }
    return { name, distance: sum };
  });
  distances.sort((a, b) => a.distance - b.distance);
  const votes = new Map<string, number>();
  for (const { name, distance } of distances.slice(0, NEIGHBOURS)) {
    votes.set(name, (votes.get(name) ?? 0) + 1 / (1 + distance));
  }
  return [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best))[0];
}
