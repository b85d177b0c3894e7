// Turns the colour of a sprite's own pixels: its main region takes a colour word, shading and highlights stay.

import type { ColourWord } from './rule.js';
import { colourRows } from './table.js';
import { naturalColours } from './wardrobe.js';

/**
 * What the main region of a class looks like. 'hue': pixels of about this hue; 'light': pixels of little saturation;
 * 'dark': pixels of little value. All numbers are of HSV with hue in degrees, saturation and value in 0..1.
 */
export interface Region {
  readonly kind: 'hue' | 'light' | 'dark';
  /** The middle of the hues, and how far the region reaches to either side. */
  readonly hue: number;
  readonly reach: number;
  /** Medians of the region. */
  readonly saturation: number;
  readonly value: number;
}

const regions: readonly Region[] = colourRows.map(([kind, hue, reach, saturation, value]) => ({
  kind,
  hue,
  reach,
  saturation,
  value,
}));

/** The middle of each word's region after the turn: hue in degrees, saturation, value. */
const targets: Readonly<Record<ColourWord, readonly [hue: number, saturation: number, value: number]>> = {
  black: [260, 0.22, 0.085],
  white: [250, 0.035, 0.945],
  grey: [250, 0.05, 0.56],
  red: [356, 0.82, 0.88],
  orange: [27, 0.86, 0.97],
  yellow: [55, 0.8, 0.97],
  green: [128, 0.68, 0.7],
  blue: [214, 0.76, 0.9],
  purple: [277, 0.58, 0.74],
  pink: [332, 0.42, 0.98],
  brown: [24, 0.6, 0.5],
};

/** How strongly shading shows, as a power of value / median value. */
const contrast: Readonly<Record<Region['kind'], number>> = { hue: 0.9, light: 1.4, dark: 0.45 };

/** The part of a region's own differences of hue that a turned colour keeps. */
const KEPT_HUE = 0.2;

const ramp = (low: number, high: number, x: number): number =>
  x <= low ? 0 : x >= high ? 1 : (x - low) / (high - low);

/** How far (0..1) a pixel belongs to a region; `offset` is its distance in hue. */
export function membership(
  { kind, reach }: Region,
  offset: number,
  saturation: number,
  value: number,
): number {
  if (kind === 'light') return (1 - ramp(0.25, 0.4, saturation)) * ramp(0.28, 0.45, value);
  if (kind === 'dark') return 1 - ramp(0.4, 0.55, value);
  return (
    ramp(0.14, 0.3, saturation) * ramp(0.1, 0.25, value) * (1 - ramp(reach, reach + 16, Math.abs(offset)))
  );
}

/** The difference of two hues, -180..180. */
export const hueOffset = (hue: number, from: number): number =>
  ((((hue - from + 180) % 360) + 360) % 360) - 180;

/** Values above the target flatten towards 1, so that highlights of bright colours keep their shape. */
const shoulder = (value: number, target: number): number =>
  value <= target
    ? value
    : target + (1 - target) * (1 - Math.exp((target - value) / Math.max(0.02, 1 - target)));

/** Hue in degrees of an RGB pixel with this maximum and chroma (above 0). */
function hueOf(red: number, green: number, blue: number, max: number, chroma: number): number {
  if (max === red) return 60 * ((green - blue) / chroma);
  if (max === green) return 60 * (2 + (blue - red) / chroma);
  return 60 * (4 + (red - green) / chroma);
}

/**
 * Recolours premultiplied RGBA pixels (0..255) of a class in place. Nothing changes when the word is true of the picture
 * as it is.
 */
export function recolour(data: Float32Array, classIndex: number, colour: ColourWord): void {
  if (naturalColours[classIndex] !== colour) recolourRegion(data, regions[classIndex], colour);
}

/** Turns a region's pixels in place. What lies outside keeps its colour; at the border the two are mixed. */
export function recolourRegion(data: Float32Array, region: Region, colour: ColourWord): void {
  const [hueTarget, saturationTarget, valueTarget] = targets[colour];
  const plain = saturationTarget < 0.3;
  // Black keeps its shape by highlights alone, so they are made stronger.
  const power = contrast[region.kind] * (colour === 'black' ? 2.2 : 1);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    if (alpha < 1) continue;
    const [red, green, blue] = [data[i] / alpha, data[i + 1] / alpha, data[i + 2] / alpha];
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    const saturation = value > 0 ? chroma / value : 0;
    const offset = chroma > 0.004 ? hueOffset(hueOf(red, green, blue, value, chroma), region.hue) : 0;
    const weight = membership(region, offset, saturation, value);
    if (weight === 0) continue;

    const shade = Math.min(4, value / region.value) ** power;
    const newValue = Math.min(1, shoulder(valueTarget * shade, valueTarget));
    const depth =
      region.kind === 'hue'
        ? Math.min(1.2, saturation / region.saturation)
        : 1 - 0.4 * ramp(region.value, 1, value);
    const newSaturation = Math.min(1, saturationTarget * (plain ? Math.min(1, depth) : depth));
    const kept = region.kind === 'hue' ? KEPT_HUE * offset : 0;
    const hue = (((hueTarget + Math.max(-9, Math.min(9, kept))) % 360) + 360) % 360;

    const sector = hue / 60;
    const part = 1 - Math.abs((sector % 2) - 1);
    const low = newValue * (1 - newSaturation);
    const middle = low + (newValue - low) * part;
    const face = Math.floor(sector);
    const newRed = face === 0 || face === 5 ? newValue : face === 1 || face === 4 ? middle : low;
    const newGreen = face === 1 || face === 2 ? newValue : face === 0 || face === 3 ? middle : low;
    const newBlue = face === 3 || face === 4 ? newValue : face === 2 || face === 5 ? middle : low;

    data[i] += (newRed * alpha - data[i]) * weight;
    data[i + 1] += (newGreen * alpha - data[i + 1]) * weight;
    data[i + 2] += (newBlue * alpha - data[i + 2]) * weight;
  }
}
