import type { Sprite, SpriteLevel } from './art.js';

/** A picture resampled to a box: premultiplied RGBA, 0..255, of the pixels from (left, top) on. */
export interface Patch {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** [height, width, 4] */
  readonly data: Float32Array;
}

/** For each target pixel of one axis: its first source cell, how many follow, and their weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weight: Float32Array;
  readonly stride: number;
}

/** Area averaging: each target pixel weighs source cells by overlap, so that a box edge inside a pixel is exact. */
function areaTaps(
  start: number,
  end: number,
  low: number,
  size: number,
  sourceLength: number,
  flip: boolean,
): Taps {
  const scale = sourceLength / (end - start);
  // A box far smaller than a pixel takes all cells and no more.
  const stride = Math.min(Math.ceil(scale) + 1, sourceLength);
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weight = new Float32Array(size * stride);
  for (let i = 0; i < size; i++) {
    let from = Math.max(0, (low + i - start) * scale);
    let to = Math.min(sourceLength, (low + i + 1 - start) * scale);
    if (flip) [from, to] = [sourceLength - to, sourceLength - from];
    first[i] = Math.floor(from);
    for (let cell = first[i]; cell < to && count[i] < stride; cell++) {
      weight[i * stride + count[i]++] = Math.max(0, Math.min(to, cell + 1) - Math.max(from, cell)) / scale;
    }
  }
  return { first, count, weight, stride };
}

/** Room for the pass over rows; only `stretch` reads it, before it returns. */
let scratch = new Float32Array(0);

function resampleRows(level: SpriteLevel, width: number, taps: Taps): Float32Array {
  const length = level.height * width * 4;
  if (scratch.length < length) scratch = new Float32Array(length);
  const out = scratch;
  const { data } = level;
  for (let y = 0; y < level.height; y++) {
    for (let x = 0; x < width; x++) {
      let [r, g, b, a] = [0, 0, 0, 0];
      let from = 4 * (y * level.width + taps.first[x]);
      for (let k = 0, w = x * taps.stride; k < taps.count[x]; k++, w++, from += 4) {
        const weight = taps.weight[w];
        r += weight * data[from];
        g += weight * data[from + 1];
        b += weight * data[from + 2];
        a += weight * data[from + 3];
      }
      const to = 4 * (y * width + x);
      out[to] = r;
      out[to + 1] = g;
      out[to + 2] = b;
      out[to + 3] = a;
    }
  }
  return out;
}

function resampleColumns(rows: Float32Array, width: number, height: number, taps: Taps): Float32Array {
  const length = 4 * width;
  const out = new Float32Array(height * length);
  for (let y = 0; y < height; y++) {
    const to = y * length;
    for (let k = 0; k < taps.count[y]; k++) {
      const weight = taps.weight[y * taps.stride + k];
      const from = (taps.first[y] + k) * length;
      for (let i = 0; i < length; i++) out[to + i] += weight * rows[from + i];
    }
  }
  return out;
}

/** The smallest level that is at least as large as the target, or the largest there is. */
function levelFor({ levels }: Sprite, width: number, height: number): SpriteLevel {
  let chosen = levels[0];
  for (const level of levels) if (level.width >= width && level.height >= height) chosen = level;
  return chosen;
}

/** Stretches a sprite to the box [x0, y0, x1, y1] (pixels, fractions allowed), flipped left to right if asked. */
export function stretch(sprite: Sprite, [x0, y0, x1, y1]: readonly number[], flip: boolean): Patch {
  const [left, top] = [Math.floor(x0), Math.floor(y0)];
  const [width, height] = [Math.ceil(x1) - left, Math.ceil(y1) - top];
  const level = levelFor(sprite, x1 - x0, y1 - y0);
  const rows = resampleRows(level, width, areaTaps(x0, x1, left, width, level.width, flip));
  const data = resampleColumns(rows, width, height, areaTaps(y0, y1, top, height, level.height, false));
  return { left, top, width, height, data };
}
