// Boxes and phrases drawn over a picture.

import type { LayoutObject } from '@spatiallock/core';
import { checkObjects, checkWhole } from '@spatiallock/core/checks';
import { parseBox } from '@spatiallock/core/pipeline';
import { letter } from './lettering.js';

/** Colours of boxes, one object after the other; distinguishable on light and dark ground. */
export const boxColours = ['#ff5a5f', '#2f80ed', '#27ae60', '#f2c94c', '#bb6bd9', '#f2994a'] as const;

/** The colour of an object's box, #rrggbb; colours repeat. */
export const boxColour = (index: number): string => boxColours[index % boxColours.length];

const SIDE = { min: 1, max: 1e6 };

/** An SVG of `width` x `height` pixels that shows each object's box and, at its top left, its phrase. */
export function boxesSvg(objects: readonly LayoutObject[], width: number, height: number): string {
  checkObjects(objects, 'objects', 'objects');
  checkWhole(width, SIDE, 'width');
  checkWhole(height, SIDE, 'height');
  objects.forEach(({ box }, i) => void parseBox(box, `objects[${i}].box`));
  const unit = Math.max(width, height) / 512;
  const parts = objects.map((object, i) => boxPart(object, boxColour(i), width, height, unit));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`;
}

function boxPart(
  { phrase, box }: LayoutObject,
  colour: string,
  width: number,
  height: number,
  unit: number,
): string {
  const line = 3 * unit;
  const [left, top, right, bottom] = [box[0] * width, box[1] * height, box[2] * width, box[3] * height];
  const size = 11 * unit;
  const padding = 5 * unit;
  const tagHeight = size + 2.4 * padding;
  const measured = letter(phrase, 0, 0, size).width + 2 * padding;
  const tagLeft = Math.max(0, Math.min(left, width - measured));
  // Above the box where there is room, else inside it.
  const tagTop = top >= tagHeight ? top - tagHeight : top;
  const words = letter(phrase, tagLeft + padding, tagTop + padding + size, size);
  const frame = [left + line / 2, top + line / 2, right - left - line, bottom - top - line];
  const [x, y, w, h] = frame.map((value) => Math.max(0, value).toFixed(2));
  return (
    `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${unit.toFixed(2)}" fill="none" ` +
    `stroke="${colour}" stroke-width="${line.toFixed(2)}"/>` +
    `<rect x="${tagLeft.toFixed(2)}" y="${tagTop.toFixed(2)}" width="${measured.toFixed(2)}" ` +
    `height="${tagHeight.toFixed(2)}" rx="${(2 * unit).toFixed(2)}" fill="${colour}"/>` +
    `<path d="${words.path}" fill="none" stroke="#101014" stroke-width="${(1.5 * unit).toFixed(2)}" ` +
    'stroke-linecap="round" stroke-linejoin="round"/>'
  );
}
