// How large the pictures of a batch are: what the call says, else the layouts, else what is painted over, else the model.

import { checkWhole } from '../checks/index.js';
import type { Sides } from './imagePlanes.js';
import { type Layout, MOST_SIDE } from './layout.js';

/** Pixels of the largest picture, a square of 4096. */
export const MOST_AREA = 2 ** 24;
/** Pixels of the largest batch: 1024 pictures of 512 x 512. */
const MOST_PIXELS = 2 ** 28;

export interface SizeRules {
  /** What the model was made for, in pixels. */
  readonly own: Sides;
  /** Pixels of a latent's side, of which widths and heights are multiples. */
  readonly step: number;
}

export interface SizeRequest {
  readonly width?: number;
  readonly height?: number;
  /** The size of the picture that is painted over. */
  readonly source?: Sides;
}

/**
 * Width and height in pixels of all pictures of a batch. Throws an error that names the option or the layout's field where
 * they are out of range or no multiple of the step, or where layouts differ.
 */
export function pictureSize(layouts: readonly Layout[], request: SizeRequest, rules: SizeRules): Sides {
  const sizes = layouts.map((layout, i) => {
    const width = side('width', request, layout, rules, layouts.length > 1 ? `layouts[${i}].` : '');
    const height = side('height', request, layout, rules, layouts.length > 1 ? `layouts[${i}].` : '');
    return { width, height };
  });
  const [first] = sizes as [Sides, ...Sides[]];
  const other = sizes.findIndex(({ width, height }) => width !== first.width || height !== first.height);
  if (other > 0) {
    throw new Error(
      `layouts[${other}]: is ${shown(sizes[other]!)} pixels, but the first is ${shown(first)}; pictures of one batch have one size`,
    );
  }
  checkArea(first, layouts.length, rules.own);
  return first;
}

function side(
  name: 'width' | 'height',
  request: SizeRequest,
  layout: Layout,
  { own, step }: SizeRules,
  place: string,
): number {
  const range = { min: step, max: MOST_SIDE };
  const given = request[name] ?? layout[name];
  if (given === undefined) return request.source ? roundedDown(request.source[name], step) : own[name];
  const path = request[name] === undefined ? `${place}${name}` : name;
  const pixels = checkWhole(given, range, path);
  if (pixels % step === 0) return pixels;
  const below = roundedDown(pixels, step);
  throw new Error(
    `${path}: must be a multiple of ${step}, not ${pixels}; the nearest are ${below} and ${below + step}`,
  );
}

/** As diffusers does with pictures of other sizes. */
const roundedDown = (pixels: number, step: number): number => Math.max(step, pixels - (pixels % step));

function checkArea(size: Sides, count: number, own: Sides): void {
  const area = size.width * size.height;
  if (area > Math.max(MOST_AREA, own.width * own.height) || Math.max(size.width, size.height) > MOST_SIDE) {
    throw new Error(
      `width and height: ${shown(size)} pixels are too many; at most ${MOST_SIDE} a side and ${MOST_AREA} in all fit`,
    );
  }
  if (count > 1 && area * count > MOST_PIXELS) {
    throw new Error(
      `layouts: ${count} pictures of ${shown(size)} pixels are too many for one batch; give at most ${Math.floor(MOST_PIXELS / area)}`,
    );
  }
}

const shown = ({ width, height }: Sides): string => `${width} x ${height}`;
