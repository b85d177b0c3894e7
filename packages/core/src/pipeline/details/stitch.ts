// Stitches objects that were painted again into their picture, without a seam.

import type { Box } from '../../geometry/index.js';
import type { RgbImage } from '../image.js';
import { cropImage, imagePlanes, type Rectangle } from '../imagePlanes.js';
import { borderOf, type Colour, colourMatcher } from './colourMatching.js';
import type { Tile } from './sheets.js';

/** Around its box an object is faded into the picture, over this part of its longer side. */
const FADED = 0.15;
const LEAST_FADED = 4;

/** An object that was painted again. */
export interface PaintedTile {
  readonly tile: Tile;
  /** The sheet that it stands on. */
  readonly painted: RgbImage;
}

/**
 * Writes an object into `into`; `image` is the picture before any was stitched in, `boxes` those of all its objects. The
 * background around the object takes the picture's tone.
 */
export function stitch(
  image: RgbImage,
  { tile: { object, crop, cell }, painted }: PaintedTile,
  boxes: readonly Box[],
  into: RgbImage,
): void {
  const all = boxes.map((box) => inPixels(box, image));
  const [x0, y0, x1, y1] = all[object]!;
  const others = all.filter((_, i) => i !== object);
  const faded = Math.max(LEAST_FADED, FADED * Math.max(x1 - x0, y1 - y0));
  const part = partOf([x0 - faded, y0 - faded, x1 + faded, y1 + faded], crop);
  const patch = imagePlanes(cropImage(painted, cell), crop);
  const plane = crop.width * crop.height;
  const colourAt = (x: number, y: number): Colour => {
    const at = (y - crop.top) * crop.width + x - crop.left;
    return [levelOf(patch[at]!), levelOf(patch[plane + at]!), levelOf(patch[2 * plane + at]!)];
  };
  const matched = colourMatcher(borderOf(part, image, colourAt, others));
  for (let y = part.top; y < part.top + part.height; y++) {
    for (let x = part.left; x < part.left + part.width; x++) {
      const outside = Math.max(x0 - x - 0.5, x + 0.5 - x1, y0 - y - 0.5, y + 0.5 - y1);
      const weight = Math.min(1, Math.max(0, 1 - (outside - 1) / (faded - 1)));
      if (weight === 0) continue;
      const colour = matched(colourAt(x, y), x, y);
      const to = 3 * (y * image.width + x);
      for (let c = 0; c < 3; c++) into.data[to + c] = into.data[to + c]! * (1 - weight) + colour[c]! * weight;
    }
  }
}

/** -1..1 as 0..255. */
const levelOf = (value: number): number => (value + 1) * 127.5;

const inPixels = ([x0, y0, x1, y1]: Box, { width, height }: RgbImage): Box => [
  x0 * width,
  y0 * height,
  x1 * width,
  y1 * height,
];

/** The pixels of a crop that a box in pixels covers. */
function partOf([x0, y0, x1, y1]: Box, crop: Rectangle): Rectangle {
  const [left, top] = [Math.max(crop.left, Math.floor(x0)), Math.max(crop.top, Math.floor(y0))];
  const right = Math.min(crop.left + crop.width, Math.ceil(x1));
  const bottom = Math.min(crop.top + crop.height, Math.ceil(y1));
  return { left, top, width: right - left, height: bottom - top };
}
