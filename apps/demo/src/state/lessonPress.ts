// A drag on a picture to learn from. The lessons change when it is let go: what comes meanwhile, such as pictures that are
// read, is not lost with a drag that is cancelled.

import { signal } from '@preact/signals';
import type { Box } from '@spatiallock/core';
import { isDrag, type Point } from '../canvas/geometry.js';
import { draggedBox, type LessonDrag } from '../learning/lessonDrag.js';
import { addBox, placeBox, settle } from './lessons.js';

interface Press {
  readonly lesson: string;
  readonly pointer: number;
  readonly drag: LessonDrag;
  /** Where the box lies while the pointer is where it is; undefined before it went anywhere. */
  readonly box?: Box;
}

export const press = signal<Press | undefined>(undefined);

export function beginPress(next: Press): void {
  settle();
  press.value = next;
}

/** `scale`: pixels of the picture's width. */
export function movePress(point: Point, scale: number): void {
  const { value: current } = press;
  if (!current) return;
  const { drag } = current;
  const isThere = drag.kind !== 'draw' || isDrag(drag.start, point, scale);
  press.value = { ...current, box: isThere ? draggedBox(drag, point) : undefined };
}

/** Ends the drag; the move is one undo step. */
export function letGo(): void {
  const { value: last } = press;
  press.value = undefined;
  if (!last?.box) return;
  const { lesson, drag, box } = last;
  if (drag.kind === 'draw') addBox(lesson, box);
  else placeBox(lesson, drag.id, box, 'drag');
  settle();
}

/** Cancels the drag. */
export const cancelPress = (): void => {
  press.value = undefined;
};
