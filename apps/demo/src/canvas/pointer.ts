// Drags on the canvas: drawing, moving and resizing by mouse, pen and touch. One pointer at a time.

import { signal } from '@preact/signals';
import type { Box } from '@spatiallock/core';
import type { Drawing } from '../state/drawing.js';
import type { History } from '../state/history.js';
import {
  addObject,
  drawing,
  editObject,
  refusesMore,
  rollBack,
  selectedId,
  settle,
  snapping,
  steps,
} from '../state/studio.js';
import { boxBetween, type Handle, isDrag, moveBox, type Point, resizeBox } from './geometry.js';
import { type Snapped, snapLines, snapMove, snapResize } from './snapping.js';

/** The box that is being drawn, before it is let go. */
export const draft = signal<Box | undefined>(undefined);
/** Lines that hold the box that is dragged. */
export const guides = signal<Snapped['guides']>({});

type Drag = {
  readonly pointer: number;
  readonly start: Point;
  /** As it was before, for when the drag is cancelled. */
  readonly before: History<Drawing>;
} & (
  | { readonly kind: 'draw' }
  | { readonly kind: 'move'; readonly id: string; readonly box: Box }
  | { readonly kind: 'resize'; readonly id: string; readonly box: Box; readonly handle: Handle }
);

/** How near a line must be, in CSS pixels. */
const REACH = 7;

let drag: Drag | undefined;

/** Undefined while the canvas has no size. */
function pointOf(event: PointerEvent, stage: HTMLElement): Point | undefined {
  const { left, top, width, height } = stage.getBoundingClientRect();
  if (!(width > 0 && height > 0)) return undefined;
  return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
}

export function onPointerDown(event: PointerEvent): void {
  const stage = event.currentTarget as HTMLElement;
  const start = pointOf(event, stage);
  if (event.button !== 0 || drag || !start) return;
  const target = event.target as HTMLElement;
  const id = target.closest<HTMLElement>('[data-box]')?.dataset.box;
  const object = drawing.value.objects.find((each) => each.id === id);
  const handle = target.closest<HTMLElement>('[data-handle]')?.dataset.handle as Handle | undefined;
  settle();
  const common = { pointer: event.pointerId, start, before: steps() };
  // With Shift one draws over boxes, too.
  if (object && !event.shiftKey) {
    selectedId.value = object.id;
    const at = { ...common, id: object.id, box: object.box };
    begin(handle ? { kind: 'resize', handle, ...at } : { kind: 'move', ...at });
  } else {
    event.preventDefault();
    selectedId.value = undefined;
    if (refusesMore()) return;
    begin({ kind: 'draw', ...common });
  }
  stage.setPointerCapture(event.pointerId);
}

export function onPointerMove(event: PointerEvent): void {
  if (drag?.pointer !== event.pointerId) return;
  const stage = event.currentTarget as HTMLElement;
  const point = pointOf(event, stage);
  if (!point) return;
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
export function onPointerUp(event: PointerEvent): string | undefined {
  if (drag?.pointer !== event.pointerId) return undefined;
  const drawn = drag.kind === 'draw' ? draft.value : undefined;
  end();
  return drawn && addObject(drawn);
}

/** The browser took the pointer away. */
export function onPointerLost(event: PointerEvent): void {
  if (drag?.pointer === event.pointerId) cancelDrag();
}

/** All is as it was before the drag; returns whether there was one. */
export function cancelDrag(): boolean {
  if (!drag) return false;
  const { before } = drag;
  end();
  rollBack(before);
  return true;
}

function begin(next: Drag): void {
  drag = next;
  addEventListener('keydown', onKey, { capture: true });
}

function end(): void {
  drag = undefined;
  draft.value = undefined;
  guides.value = {};
  removeEventListener('keydown', onKey, { capture: true });
  settle();
}

/** While a drag goes on, Escape and undo take it back, and keys that would change the drawing under it do nothing. */
function onKey(event: KeyboardEvent): void {
  const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
  if (event.key === 'Escape' || isUndo) cancelDrag();
  else if (['Alt', 'Shift', 'Control', 'Meta'].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
}
