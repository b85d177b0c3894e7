// What a training shows a model, for captions that name it later.

import type { Box } from '@spatiallock/core';
import { type Category, categoryLimits } from '@spatiallock/core/modules';
import { bareName } from '@spatiallock/core/pipeline';
import type { PictureObject } from './pictures.js';

/** A picture with boxes, and the sides of it in pixels. */
export interface BoxedPicture {
  readonly width: number;
  readonly height: number;
  readonly objects: readonly PictureObject[];
}

/**
 * The labels of all objects without their articles, each with the median of its width over height where boxes tell one; the most
 * frequent first. Those that differ in capitals alone are one, as it is written first.
 */
export function categoriesOf(pictures: readonly BoxedPicture[]): Category[] {
  const aspects = new Map<string, number[]>();
  const spellings = new Map<string, string>();
  for (const { width, height, objects } of pictures) {
    for (const { label, box } of objects) {
      const bare = bareName(label);
      const name = spellings.get(bare.toLowerCase()) ?? bare;
      spellings.set(bare.toLowerCase(), name);
      const aspect = aspectOf(box, width / height);
      const known = aspects.get(name);
      if (known) known.push(aspect);
      else aspects.set(name, [aspect]);
    }
  }
  return [...aspects]
    .filter(([name]) => name !== '' && name.length <= categoryLimits.letters)
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, categoryLimits.count)
    .map(([name, all]) => {
      const told = all.filter((aspect) => aspect > 0 && Number.isFinite(aspect));
      return told.length > 0 ? { name, aspect: bounded(median(told)) } : { name };
    });
}

const aspectOf = ([x0, y0, x1, y1]: Box, sides: number): number => ((x1 - x0) / (y1 - y0)) * sides;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Two digits, which is more than a picture tells. */
function bounded(aspect: number): number {
  const { min, max } = categoryLimits.aspect;
  return Number(Math.min(max, Math.max(min, aspect)).toPrecision(2));
}
