// Real scenes of anybody's layouts: the art of their classes, stretched to their boxes.

import type { Box, RgbImage } from '@spatiallock/core';
import { checkList, checkObject, checkWhole } from '@spatiallock/core/checks';
import type { Art } from './art.js';
import { backgroundNames } from './backgrounds.js';
import { createCanvas } from './canvas.js';
import { checkArt } from './checkArt.js';
import { classOf } from './classes.js';
import { paintScene, writeBytes } from './scene.js';

/** An object of one of the scenes' classes in a box, back to front. */
export interface LayoutClass {
  readonly label: string;
  readonly box: Box;
}

/**
 * Draws layouts with the scenes' art, square pictures of `size` pixels; picture i stands on the i-th background. Unlike planned
 * scenes, boxes have any shape, so the art is stretched. Throws on a label that is none of the classes.
 */
export function layoutImages(
  art: Art,
  layouts: readonly (readonly LayoutClass[])[],
  size: number,
): RgbImage[] {
  checkList(layouts, 'layouts', 'layouts').forEach((each, i) => {
    checkList(each, `layouts[${i}]`, 'objects').forEach(
      (object, k) => void checkObject(object, `layouts[${i}][${k}]`),
    );
  });
  checkWhole(size, { min: 1, max: 16_384 }, 'size');
  checkArt(art);
  return layouts.map((objects, seed) => {
    const canvas = createCanvas(size, size);
    const background = backgroundNames[seed % backgroundNames.length]!;
    const planned = objects.map(({ label, box }) => ({
      ...{ index: classOf(label).index, label, box },
      ...{ phrase: label, flip: false, visible: 1 },
    }));
    paintScene(
      art,
      { seed, split: 'heldout', caption: '', background, backgroundSeed: seed, objects: planned },
      canvas,
    );
    const data = new Uint8ClampedArray(3 * size * size);
    const bytes = new Uint8Array(data.buffer);
    writeBytes(canvas, bytes);
    return { width: size, height: size, channels: 3, data };
  });
}
