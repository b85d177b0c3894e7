// Real scenes of anybody's layouts: the art of their classes, stretched to their boxes.

import type { Box, RgbImage } from '@spatiallock/core';
import { checkChoice, checkList, checkObjects } from '@spatiallock/core/checks';
import { parseBox } from '@spatiallock/core/pipeline';
import type { Art } from './art.js';
import { backgroundNames } from './backgrounds.js';
import { createCanvas } from './canvas.js';
import { checkArt } from './checkArt.js';
import { classOf } from './classes.js';
import { type ColourWord, colours } from './colours/rule.js';
import type { PlannedObject } from './plan.js';
import { checkSize, paintScene, writeBytes } from './scene.js';

/** An object of one of the scenes' classes in a box, back to front. */
export interface LayoutClass {
  readonly label: string;
  /** The colour that it wears; absent: its own. */
  readonly colour?: ColourWord;
  readonly box: Box;
}

/**
 * Draws layouts with the scenes' art, square pictures of `size` pixels; picture i stands on the i-th background. Unlike planned
 * scenes, boxes have any shape, so the art is stretched. Throws on a label that is none of the classes, and on boxes that reach out of
 * the picture.
 */
export function layoutImages(
  art: Art,
  layouts: readonly (readonly LayoutClass[])[],
  size: number,
): RgbImage[] {
  checkList(layouts, 'layouts', 'layouts').forEach((each, i) => {
    checkObjects(each, `layouts[${i}]`, 'objects').forEach(({ colour, box }, k) => {
      parseBox(box, `layouts[${i}][${k}].box`);
      if (colour !== undefined) checkChoice(colour, colours, `layouts[${i}][${k}].colour`);
    });
  });
  checkSize(size);
  checkArt(art);
  return layouts.map((objects, i) => layoutImage(art, objects.map(plannedOf), size, i));
}

const plannedOf = ({ label, colour, box }: LayoutClass): PlannedObject => ({
  ...{ index: classOf(label).index, label, box },
  ...(colour === undefined ? {} : { colour }),
  ...{ phrase: label, flip: false, visible: 1 },
});

function layoutImage(art: Art, objects: readonly PlannedObject[], size: number, seed: number): RgbImage {
  const canvas = createCanvas(size, size);
  const background = backgroundNames[seed % backgroundNames.length];
  paintScene(art, { seed, split: 'heldout', caption: '', background, backgroundSeed: seed, objects }, canvas);
  const data = new Uint8ClampedArray(3 * size * size);
  // Bytes that share the memory: clamped ones would round by themselves.
  writeBytes(canvas, new Uint8Array(data.buffer));
  return { width: size, height: size, channels: 3, data };
}
