// The box of one of COCO's annotations, or that of its polygons.

import type { Box } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { asList, asNumber, type Fields } from './check.js';
import { FieldError } from './fieldError.js';
import { boxAround } from './labelled.js';

/** Corners in pixels. Throws a FieldError where there is neither a box nor a polygon. */
export function cornersOf(fields: Fields, field: string): Box {
  const { bbox, segmentation } = fields;
  const none = bbox === undefined || bbox === null || (Array.isArray(bbox) && bbox.length === 0);
  if (none && segmentation !== undefined && segmentation !== null) {
    return polygonCorners(segmentation, `${field}.segmentation`);
  }
  const values = asList(bbox, `${field}.bbox`);
  if (values.length !== 4)
    throw new FieldError(`${field}.bbox`, `must hold 4 numbers, holds ${values.length}`);
  const [x, y, w, h] = values.map((value, k) => asNumber(value, `${field}.bbox[${k}]`)) as [
    number,
    number,
    number,
    number,
  ];
  return [x, y, x + w, y + h];
}

/** The box around polygons [[x, y, x, y, ...], ...]. */
function polygonCorners(segmentation: unknown, field: string): Box {
  if (!Array.isArray(segmentation) || segmentation.length === 0) {
    throw new FieldError(
      field,
      `only polygons can stand in for a missing bbox, is ${showValue(segmentation)}`,
    );
  }
  const points = segmentation.flatMap((polygon, i) => {
    const numbers = asList(polygon, `${field}[${i}]`);
    if (numbers.length < 6 || numbers.length % 2 !== 0) {
      throw new FieldError(
        `${field}[${i}]`,
        `must hold 6 or more numbers, x and y in turn, holds ${numbers.length}`,
      );
    }
    return numbers.map((value, k) => asNumber(value, `${field}[${i}][${k}]`));
  });
  const [xs, ys] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis));
  return boxAround(xs!, ys!);
}
