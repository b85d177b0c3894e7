// When a colour word is true of an object: COCO-MIG's rule (Zhou et al., "MIGC", CVPR 2024; LeyRio/MIG_Bench).

import type { Box } from '@spatiallock/core';
import {
  checkChoice,
  checkList,
  checkObject,
  checkVector,
  checkWhole,
  showValue,
} from '@spatiallock/core/checks';

/** The eleven basic colour words of English (Berlin and Kay). */
export const colours = [
  'black',
  'white',
  'grey',
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
  'brown',
] as const;

/** One of the eleven colour words. */
export type ColourWord = (typeof colours)[number];

/** Pixels of an RGB picture, [height, width, 3]. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A box of HSV as in OpenCV, both ends included: hue in 0..180 (degrees / 2), saturation and value in 0..255. */
type Range = readonly [
  hues: readonly [number, number],
  saturations: readonly [number, number],
  values: readonly [number, number],
];

/**
 * The ranges of black, white, red, yellow, green, blue and brown are the benchmark's. It has none for grey, orange,
 * purple and pink: those are ours.
 */
const ranges: Readonly<Record<ColourWord, readonly Range[]>> = {
  black: [
    [
      [0, 180],
      [0, 255],
      [0, 30],
    ],
  ],
  white: [
    [
      [0, 180],
      [0, 43],
      [221, 255],
    ],
  ],
  grey: [
    [
      [0, 180],
      [0, 43],
      [60, 200],
    ],
  ],
  red: [
    [
      [0, 9],
      [50, 255],
      [70, 255],
    ],
    [
      [159, 180],
      [50, 255],
      [70, 255],
    ],
  ],
  orange: [
    [
      [8, 23],
      [110, 255],
      [170, 255],
    ],
  ],
  yellow: [
    [
      [25, 35],
      [50, 255],
      [70, 255],
    ],
  ],
  green: [
    [
      [36, 89],
      [50, 255],
      [70, 255],
    ],
  ],
  blue: [
    [
      [90, 128],
      [50, 255],
      [70, 255],
    ],
  ],
  purple: [
    [
      [129, 152],
      [50, 255],
      [70, 255],
    ],
  ],
  pink: [
    [
      [150, 178],
      [40, 175],
      [160, 255],
    ],
  ],
  brown: [
    [
      [6, 25],
      [43, 255],
      [35, 255],
    ],
  ],
};

/** The least share of an object's pixels that makes its colour word true, by the benchmark. */
export const COLOUR_SHARE = 0.2;

/** Hue 0..180, saturation 0..255 and value 0..255 of an RGB pixel, as OpenCV rounds them, packed into one integer. */
export function packedHsv(red: number, green: number, blue: number): number {
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  if (chroma === 0) return value;
  const saturation = Math.round((255 * chroma) / value);
  const sixth =
    value === red
      ? (green - blue) / chroma
      : value === green
        ? 2 + (blue - red) / chroma
        : 4 + (red - green) / chroma;
  const hue = Math.round(30 * (sixth < 0 ? sixth + 6 : sixth)) % 180;
  return (hue << 16) | (saturation << 8) | value;
}

/** True when an RGB pixel (0..255) lies in a colour's range. */
export function isColour(red: number, green: number, blue: number, colour: ColourWord): boolean {
  return inRanges(red, green, blue, ranges[checkChoice(colour, colours, 'colour')]);
}

function inRanges(red: number, green: number, blue: number, boxes: readonly Range[]): boolean {
  const hsv = packedHsv(red, green, blue);
  const [hue, saturation, value] = [hsv >> 16, (hsv >> 8) & 255, hsv & 255];
  for (const [[h0, h1], [s0, s1], [v0, v1]] of boxes) {
    if (hue >= h0 && hue <= h1 && saturation >= s0 && saturation <= s1 && value >= v0 && value <= v1)
      return true;
  }
  return false;
}

const SIDE = { min: 1, max: 2 ** 20 };

/** Throws unless it is an RGB picture; `path` names it in the error. */
export function checkPixels(given: Pixels, path: string): void {
  const { width, height, data } = checkObject(given, path) as unknown as Pixels;
  checkWhole(width, SIDE, `${path}.width`);
  checkWhole(height, SIDE, `${path}.height`);
  checkVector(data, `${path}.data`);
  if (data.length !== 3 * width * height)
    throw new Error(`${path}.data: holds ${data.length} bytes, needs ${3 * width * height} (RGB)`);
}

/**
 * The share (0..1) of an object's pixels whose HSV lies in a colour's range; the benchmark calls the colour right from
 * 0.2 on. `region` is the object's mask, [height, width] with members from 128 on, or its box in 0..1. 0 when it is empty.
 */
export function colourShare(picture: Pixels, region: Uint8Array | Box, colour: ColourWord): number {
  checkPixels(picture, 'picture');
  const { width, height, data } = picture;
  const wanted = ranges[checkChoice(colour, colours, 'colour')];
  let [inside, matching] = [0, 0];
  const count = (at: number): void => {
    inside++;
    if (inRanges(data[3 * at], data[3 * at + 1], data[3 * at + 2], wanted)) matching++;
  };
  if (region instanceof Uint8Array) {
    if (region.length !== width * height)
      throw new Error(`region: the mask holds ${region.length} pixels, the picture ${width * height}`);
    for (let at = 0; at < region.length; at++) if (region[at] >= 128) count(at);
  } else {
    checkList(region, 'region', 'four corners');
    if (region.length !== 4 || !region.every(Number.isFinite))
      throw new Error(`region: ${showValue(region)} must be [x0, y0, x1, y1], numbers in 0..1`);
    const [x0, y0, x1, y1] = region;
    const right = Math.min(width, Math.round(x1 * width));
    const bottom = Math.min(height, Math.round(y1 * height));
    for (let y = Math.max(0, Math.round(y0 * height)); y < bottom; y++) {
      for (let x = Math.max(0, Math.round(x0 * width)); x < right; x++) count(y * width + x);
    }
  }
  return inside === 0 ? 0 : matching / inside;
}
