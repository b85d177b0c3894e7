// Drags on the canvas: drawing, moving and resizing by mouse, pen and touch.

import { signal } from '@preact/signals';
import type { Box } from '@spatiallock/core';
import { addObject, drawing, editObject, selectedId, settle, snapping } from '../state/studio.js';
import { boxBetween, type Handle, isDrag, moveBox, type Point, resizeBox } from './geometry.js';
import { type Snapped, snapLines, snapMove, snapResize } from './snapping.js';

/** The box that is being drawn, before it is let go. */
export const draft = signal<Box | undefined>(undefined);
/** Lines that hold the box that is dragged. */
export const guides = signal<Snapped['guides']>({});

type Drag =
  | { readonly kind: 'draw'; readonly start: Point }
  | { readonly kind: 'move'; readonly start: Point; readonly id: string; readonly box: Box }
  | {
      readonly kind: 'resize';
      readonly start: Point;
      readonly id: string;
      readonly box: Box;
      readonly handle: Handle;
    };

/** How near a line must be, in CSS pixels. */
const REACH = 7;

let drag: Drag | undefined;

function pointOf(event: PointerEvent, stage: HTMLElement): Point {
  const { left, top, width, height } = stage.getBoundingClientRect();
  return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
}

export function onPointerDown(event: PointerEvent): void {
  if (event.button !== 0 || drag) return;
  const stage = event.currentTarget as HTMLElement;
  const start = pointOf(event, stage);
  const target = event.target as HTMLElement;
  const id = target.closest<HTMLElement>('[data-box]')?.dataset.box;
  const object = drawing.value.objects.find((each) => each.id === id);
  const handle = target.closest<HTMLElement>('[data-handle]')?.dataset.handle as Handle | undefined;
  stage.setPointerCapture(event.pointerId);
  settle();
  // With Shift one draws over boxes, too.
  if (object && !event.shiftKey) {
    selectedId.value = object.id;
    const at = { start, id: object.id, box: object.box };
    drag = handle ? { kind: 'resize', handle, ...at } : { kind: 'move', ...at };
  } else {
    event.preventDefault();
    selectedId.value = undefined;
    drag = { kind: 'draw', start };
  }
}

export function onPointerMove(event: PointerEvent): void {
  if (!drag) return;
  const stage = event.currentTarget as HTMLElement;
  const point = pointOf(event, stage);
  const reach = snapping.value && !event.altKey ? REACH / stage.clientWidth : 0;
  const { box, guides: lines } = dragged(drag, point, reach);
  guides.value = lines;
  if (drag.kind === 'draw') draft.value = isDrag(drag.start, point, stage.clientWidth) ? box : undefined;
  else editObject(drag.id, { box }, 'drag');
}

function dragged(given: Drag, point: Point, reach: number): Snapped {
  const { start } = given;
  const [dx, dy] = [point.x - start.x, point.y - start.y];
  const own = given.kind === 'draw' ? undefined : given.id;
  const others = drawing.value.objects.filter(({ id }) => id !== own).map(({ box }) => box);
  const lines = snapLines(others);
  if (given.kind === 'move') return snapMove(moveBox(given.box, dx, dy), lines, reach);
  if (given.kind === 'resize') {
    const { handle, box } = given;
    return snapResize(resizeBox(box, handle, dx, dy), handle, lines, reach);
  }
  const first = snapResize(boxBetween(start, point), 'nw', lines, reach);
  const second = snapResize(first.box, 'se', lines, reach);
  return { box: second.box, guides: { ...first.guides, ...second.guides } };
}

/** Ends a drag; returns the id of the box that was drawn, if one was. */
export function onPointerUp(): string | undefined {
  const drawn = drag?.kind === 'draw' ? draft.value : undefined;
  endDrag();
  return drawn && addObject(drawn);
}

export function endDrag(): void {
  drag = undefined;
  draft.value = undefined;
  guides.value = {};
  settle();
}
