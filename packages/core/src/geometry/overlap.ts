import { add, divide, subtract } from '../graph/elementwise.js';
import type { Value } from '../graph/value.js';

/** Areas of pairs of boxes as values of one shape. */
export interface PairAreas {
  /** Of what both boxes cover. */
  readonly shared: Value;
  /** Of what either covers. */
  readonly union: Value;
  /** Of the smallest box around both. */
  readonly hull: Value;
}

/**
 * IoU, 0..1, and generalised IoU, -1..1, in a graph; `small` is added to what is divided by, for boxes without area.
 * Source: Rezatofighi et al. 2019, arXiv 1902.09630. On numbers: `iou` and `giou`.
 */
export function overlapRatios(
  { shared, union, hull }: PairAreas,
  small: number,
): { iou: Value; giou: Value } {
  const iou = divide(shared, add(union, small));
  return { iou, giou: subtract(iou, divide(subtract(hull, union), add(hull, small))) };
}
