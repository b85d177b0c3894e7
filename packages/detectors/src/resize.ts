// Brings a picture to the size and numbers that a network reads.

import type { RgbImage } from '@spatiallock/core';

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each target pixel, source pixels and weights of a triangle that widens when the picture shrinks. */
function taps(from: number, to: number): Taps[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(middle - reach));
    const last = Math.min(from - 1, Math.ceil(middle + reach) - 1);
    const raw = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - middle) / reach),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

/**
 * Writes a picture as [3, side, side] in -1..1 into `out` from `offset` on, stretched by bilinear interpolation where
 * its size differs. Throws when its data do not fit its size.
 */
export function writePlanes(image: RgbImage, side: number, out: Float32Array, offset = 0): void {
  const { width, height, data } = image;
  const sized = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!sized) throw new Error(`image: size ${width} x ${height} must be two whole numbers of at least 1`);
  if (data.length !== 3 * width * height) {
    throw new Error(
      `image.data: holds ${data.length} bytes, ${width} x ${height} RGB needs ${3 * width * height}`,
    );
  }
  const [columns, rows] = [taps(width, side), taps(height, side)];
  const line = new Float32Array(3 * side);
  for (let y = 0; y < side; y++) {
    line.fill(0);
    rows[y].weights.forEach((weight, k) => {
      if (weight > 0) addRow(line, data, 3 * width * (rows[y].first + k), columns, weight);
    });
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 3; c++) out[offset + (c * side + y) * side + x] = line[3 * x + c] / 127.5 - 1;
    }
  }
}

function addRow(
  line: Float32Array,
  data: RgbImage['data'],
  start: number,
  columns: readonly Taps[],
  rowWeight: number,
): void {
  columns.forEach(({ first, weights }, x) => {
    weights.forEach((columnWeight, k) => {
      const from = start + 3 * (first + k);
      for (let c = 0; c < 3; c++) line[3 * x + c] += rowWeight * columnWeight * data[from + c];
    });
  });
}
