// Where the box of a lesson comes to lie while a pointer or keys move it.

import type { Box } from '@spatiallock/core';
import { arrowStep } from '../canvas/arrows.js';
import { boxBetween, type Handle, moveBox, type Point, resizeBox } from '../canvas/geometry.js';

export type LessonDrag = { readonly start: Point } & (
  | { readonly kind: 'draw' }
  | { readonly kind: 'move'; readonly id: string; readonly box: Box }
  | { readonly kind: 'resize'; readonly id: string; readonly box: Box; readonly handle: Handle }
);

/** The box when the pointer is at `point`. */
export function draggedBox(drag: LessonDrag, point: Point): Box {
  const [dx, dy] = [point.x - drag.start.x, point.y - drag.start.y];
  if (drag.kind === 'draw') return boxBetween(drag.start, point);
  return drag.kind === 'move' ? moveBox(drag.box, dx, dy) : resizeBox(drag.box, drag.handle, dx, dy);
}

/** The box after an arrow key, as on the studio's canvas: with Shift it is resized. Undefined for other keys. */
export function boxAfterKey(
  box: Box,
  event: Pick<KeyboardEvent, 'key' | 'altKey' | 'shiftKey'>,
): Box | undefined {
  const arrow = arrowStep(event);
  if (!arrow) return undefined;
  return event.shiftKey ? resizeBox(box, 'se', ...arrow) : moveBox(box, ...arrow);
}
