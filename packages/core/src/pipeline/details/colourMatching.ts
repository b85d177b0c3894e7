// Matches the background of a part that was painted again to the colours of its picture.

import type { Box } from '../../geometry/index.js';
import type { RgbImage } from '../image.js';
import type { Rectangle } from '../imagePlanes.js';

export type Colour = readonly [red: number, green: number, blue: number];

/** The colour of a pixel of the picture, 0..255, as it was painted again. */
export type ColourAt = (x: number, y: number) => Colour;

/** A point of a part's border: how much lighter the picture is there than the part, and the part's colour. */
export interface BorderPoint {
  readonly x: number;
  readonly y: number;
  readonly shift: Colour;
  readonly colour: Colour;
}

/** Points along the border of a part, about so many. */
const POINTS = 96;
/** A difference beyond this is one of things, not of tones; in 0..255. */
const MOST_SHIFT = 80;
/** Pixels around a box that may still be of its object. */
const NEARBY = 2;
/** What differs from the background by so much, summed over the channels in 0..255, is an object. */
const OBJECT = 20;

/** Points along the edges of a part. Neither the picture's own edges nor what lies in `others`, boxes in pixels, count. */
export function borderOf(
  part: Rectangle,
  image: RgbImage,
  colourAt: ColourAt,
  others: readonly Box[],
): BorderPoint[] {
  return borderPlaces(part, image)
    .filter(([x, y]) => !others.some((box) => isNear(x, y, box)))
    .map(([x, y]) => ({ x, y, shift: shiftAt(x, y, part, image, colourAt), colour: colourAt(x, y) }));
}

const isNear = (x: number, y: number, [x0, y0, x1, y1]: Box): boolean =>
  x >= x0 - NEARBY && x <= x1 + NEARBY && y >= y0 - NEARBY && y <= y1 + NEARBY;

function borderPlaces(
  { left, top, width, height }: Rectangle,
  image: RgbImage,
): (readonly [number, number])[] {
  const [right, bottom] = [left + width - 1, top + height - 1];
  const stride = Math.max(1, Math.floor((2 * (width + height)) / POINTS));
  const columns = Array.from({ length: Math.ceil(width / stride) }, (_, i) => left + i * stride);
  const rows = Array.from({ length: Math.ceil(height / stride) }, (_, i) => top + i * stride);
  return [
    ...(top > 0 ? columns.map((x) => [x, top] as const) : []),
    ...(bottom < image.height - 1 ? columns.map((x) => [x, bottom] as const) : []),
    ...(left > 0 ? rows.map((y) => [left, y] as const) : []),
    ...(right < image.width - 1 ? rows.map((y) => [right, y] as const) : []),
  ];
}

/** The mean difference over a point and those around it. */
function shiftAt(x: number, y: number, part: Rectangle, image: RgbImage, colourAt: ColourAt): Colour {
  const sums = [0, 0, 0];
  let count = 0;
  for (let v = Math.max(part.top, y - 1); v <= Math.min(part.top + part.height - 1, y + 1); v++) {
    for (let u = Math.max(part.left, x - 1); u <= Math.min(part.left + part.width - 1, x + 1); u++) {
      const colour = colourAt(u, v);
      for (let c = 0; c < 3; c++) sums[c]! += image.data[3 * (v * image.width + u) + c]! - colour[c]!;
      count++;
    }
  }
  const [red, green, blue] = sums.map((sum) => Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, sum / count)));
  return [red!, green!, blue!];
}

/**
 * Gives a colour in the picture's tone, as far as it belongs to the background, which is what resembles the border. The shifts on the
 * border go on inwards weighed by the inverse cube of the distance, much as the mean values of Farbman et al. 2009
 * (Coordinates for Instant Image Cloning).
 */
export function colourMatcher(
  border: readonly BorderPoint[],
): (colour: Colour, x: number, y: number) => Colour {
  if (border.length === 0) return (colour) => colour;
  // Visited for each pixel of a part: plain numbers are read several times as fast as objects.
  const places = Float64Array.from(border.flatMap(({ x, y, shift, colour }) => [x, y, ...shift, ...colour]));
  return (colour, x, y) => {
    let total = 0;
    let [red, green, blue] = [0, 0, 0];
    let [redThere, greenThere, blueThere] = [0, 0, 0];
    for (let at = 0; at < places.length; at += 8) {
      const square = (places[at]! - x) ** 2 + (places[at + 1]! - y) ** 2 + 0.5;
      const weight = 1 / (square * Math.sqrt(square));
      total += weight;
      red += weight * places[at + 2]!;
      green += weight * places[at + 3]!;
      blue += weight * places[at + 4]!;
      redThere += weight * places[at + 5]!;
      greenThere += weight * places[at + 6]!;
      blueThere += weight * places[at + 7]!;
    }
    const difference =
      Math.abs(colour[0] - redThere / total) +
      Math.abs(colour[1] - greenThere / total) +
      Math.abs(colour[2] - blueThere / total);
    const share = Math.max(0, Math.min(1, 2 - difference / OBJECT)) / total;
    return [colour[0] + share * red, colour[1] + share * green, colour[2] + share * blue];
  };
}
