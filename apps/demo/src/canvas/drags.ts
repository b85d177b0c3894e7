// Where boxes come to lie while a pointer drags them.

import type { Box } from '@spatiallock/core';
import { drawing, snapping } from '../state/studio.js';
import { boxAround, boxBetween, type Handle, moveBox, moveBoxes, type Point, resizeBox } from './geometry.js';
import { type SnapLines, type Snapped, snapLines, snapMove, snapResize } from './snapping.js';

export interface Dragged {
  readonly start: Point;
  readonly point: Point;
  /** How near a line must be, in fractions of the picture. */
  readonly reach: number;
}

const linesBut = (own: (id: string) => boolean): SnapLines =>
  snapLines(drawing.value.objects.filter(({ id }) => !own(id)).map(({ box }) => box));

const reachOf = ({ reach }: Dragged): number => (snapping.value ? reach : 0);

/** Boxes moved together: the box around them is drawn to lines. */
export function moved(boxes: ReadonlyMap<string, Box>, by: Dragged) {
  const { start, point } = by;
  const around = boxAround([...boxes.values()]);
  const free = moveBox(around, point.x - start.x, point.y - start.y);
  const { box, guides } = snapMove(
    free,
    linesBut((id) => boxes.has(id)),
    reachOf(by),
  );
  const places = moveBoxes([...boxes.values()], box[0] - around[0], box[1] - around[1]);
  return { boxes: new Map([...boxes.keys()].map((id, i) => [id, places[i]!])), guides };
}

export function resized(
  { id: own, box, handle }: { readonly id: string; readonly box: Box; readonly handle: Handle },
  by: Dragged,
): Snapped {
  const { start, point } = by;
  const free = resizeBox(box, handle, point.x - start.x, point.y - start.y);
  return snapResize(
    free,
    handle,
    linesBut((id) => id === own),
    reachOf(by),
  );
}

export function drawn(by: Dragged): Snapped {
  const lines = linesBut(() => false);
  const first = snapResize(boxBetween(by.start, by.point), 'nw', lines, reachOf(by));
  const second = snapResize(first.box, 'se', lines, reachOf(by));
  return { box: second.box, guides: { ...first.guides, ...second.guides } };
}
