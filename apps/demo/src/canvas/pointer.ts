// Drags on the canvas: drawing, moving, resizing and selecting by mouse, pen and touch. One pointer at a time.

import { signal } from '@preact/signals';
import type { Box } from '@spatiallock/core';
import type { Drawing } from '../state/drawing.js';
import { groupOf, placeBoxes, rowOf } from '../state/group.js';
import type { History } from '../state/history.js';
import { isSelecting, select, selectedIds, selectMany, toggle } from '../state/selection.js';
import { addObject, drawing, isFull, refusesMore, settle, steps, takeBack } from '../state/studio.js';
import { isDragging, naming } from '../state/view.js';
import { clickAt, doubleClicked, hitsAt, isSecondTap, pressedOf } from './clicks.js';
import { type Dragged, drawn, moved, resized } from './drags.js';
import { boxBetween, type Handle, isDrag, overlaps, type Point } from './geometry.js';
import type { Snapped } from './snapping.js';

/** The box that is being drawn, before it is let go. */
export const draft = signal<Box | undefined>(undefined);
/** What is selected once it is let go. */
export const marquee = signal<Box | undefined>(undefined);
/** Lines that hold the box that is dragged. */
export const guides = signal<Snapped['guides']>({});

type Drag = {
  readonly pointer: number;
  readonly start: Point;
  /** As it was before, for when the drag is cancelled. */
  readonly before: History<Drawing>;
  readonly selected: readonly string[];
  /** Of boxes under the pointer, nearest first. */
  readonly hits: readonly string[];
} & (
  | { readonly kind: 'draw' | 'marquee' }
  /** Adds the box that was pressed to the selection, where it is not moved or drawn over. */
  | { readonly kind: 'toggle'; readonly id: string }
  | { readonly kind: 'move'; readonly boxes: ReadonlyMap<string, Box>; readonly toggles?: string }
  | { readonly kind: 'resize'; readonly id: string; readonly box: Box; readonly handle: Handle }
);

/** How near a line must be, in CSS pixels. */
const REACH = 7;
/** A hand trembles less than that, in CSS pixels. */
const STILL = 3;

let drag: Drag | undefined;
let hasMoved = false;

/** Undefined while the canvas has no size. */
function pointOf(event: MouseEvent, stage: HTMLElement): Point | undefined {
  const { left, top, width, height } = stage.getBoundingClientRect();
  if (!(width > 0 && height > 0)) return undefined;
  return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
}

/** Fields and sliders over the canvas are pressed by themselves. */
export const isOwn = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[data-own]') !== null;

export function onPointerDown(event: PointerEvent): void {
  const stage = event.currentTarget as HTMLElement;
  const start = pointOf(event, stage);
  if (event.button !== 0 || drag || !start || isOwn(event.target)) return;
  const { objects } = drawing.value;
  const hits = hitsAt(objects, start);
  settle();
  const common = { pointer: event.pointerId, start, before: steps(), selected: selectedIds.value, hits };
  const grip = gripOf(event.target as HTMLElement);
  const pressed = grip?.id ?? pressedOf(hits);
  if (grip) begin({ kind: 'resize', ...grip, ...common });
  else if (pressed === undefined) {
    if (event.shiftKey || isSelecting.value) begin({ kind: 'marquee', ...common });
    else {
      select();
      if (refusesMore()) return;
      begin({ kind: 'draw', ...common });
    }
  } else if (event.shiftKey) begin({ kind: 'toggle', id: pressed, ...common });
  else {
    if (!selectedIds.value.includes(pressed) && !isSelecting.value) select(pressed);
    const boxes = new Map(
      objects.filter(({ id }) => groupOf(pressed).includes(id)).map(({ id, box }) => [id, box]),
    );
    begin({ kind: 'move', boxes, ...(isSelecting.value ? { toggles: pressed } : {}), ...common });
  }
  focusSelected(stage);
  stage.setPointerCapture(event.pointerId);
}

function gripOf(target: HTMLElement) {
  const handle = target.closest<HTMLElement>('[data-handle]')?.dataset.handle as Handle | undefined;
  const id = target.closest<HTMLElement>('[data-box]')?.dataset.box;
  const object = drawing.value.objects.find((each) => each.id === id);
  return handle && object ? { id: object.id, box: object.box, handle } : undefined;
}

/** The focus goes to the box that was chosen, which need not be the nearest one. */
function focusSelected(stage: HTMLElement): void {
  const id = selectedIds.value.at(-1);
  const box =
    id === undefined ? undefined : stage.querySelector<HTMLElement>(`[data-box="${CSS.escape(id)}"]`);
  if (box) box.focus({ preventScroll: true });
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

export function onPointerMove(event: PointerEvent): void {
  if (drag?.pointer !== event.pointerId) return;
  const stage = event.currentTarget as HTMLElement;
  const point = pointOf(event, stage);
  if (!point) return;
  const { start } = drag;
  hasMoved ||= Math.hypot(point.x - start.x, point.y - start.y) * stage.clientWidth >= STILL;
  if (!hasMoved) return;
  const by: Dragged = { start, point, reach: event.altKey ? 0 : REACH / stage.clientWidth };
  if (drag.kind === 'marquee') markBetween(drag, point);
  else if (drag.kind === 'move') {
    isDragging.value = true;
    const { boxes, guides: lines } = moved(drag.boxes, by);
    guides.value = lines;
    placeBoxes(boxes, 'drag');
  } else if (drag.kind === 'resize') {
    isDragging.value = true;
    const { box, guides: lines } = resized(drag, by);
    guides.value = lines;
    placeBoxes(new Map([[drag.id, box]]), 'drag');
  } else if (!isFull.value) {
    const { box, guides: lines } = drawn(by);
    guides.value = lines;
    draft.value = isDrag(start, point, stage.clientWidth) ? box : undefined;
  }
}

function markBetween({ start, selected }: Drag, point: Point): void {
  const box = boxBetween(start, point);
  marquee.value = box;
  const inside = drawing.value.objects.filter((object) => overlaps(object.box, box)).map(({ id }) => id);
  selectMany([...selected.filter((id) => !inside.includes(id)), ...inside]);
}

/** Ends a drag; returns the id of the box that was drawn, if one was. */
export function onPointerUp(event: PointerEvent): string | undefined {
  if (drag?.pointer !== event.pointerId) return undefined;
  const stage = event.currentTarget as HTMLElement;
  const [last, box] = [drag, draft.value];
  const isClick = !hasMoved;
  end();
  if (box) return addObject(box);
  const toggled = last.kind === 'toggle' ? last.id : last.kind === 'move' ? last.toggles : undefined;
  if (isClick && toggled !== undefined) toggle(toggled);
  else if (isClick && last.kind === 'move') click(last, event, stage.clientWidth);
  // Handles lie over other boxes, and are pressed for their own.
  else if (isClick && last.kind === 'resize') click({ ...last, hits: [last.id] }, event, stage.clientWidth);
  if (last.kind !== 'draw') focusSelected(stage);
  return undefined;
}

function click(
  { start, hits, selected }: Pick<Drag, 'start' | 'hits' | 'selected'>,
  { pointerType }: PointerEvent,
  scale: number,
): void {
  if (pointerType === 'touch' && isSecondTap(start, scale)) nameClicked(start, scale);
  else clickAt(start, scale, hits, selected);
}

/** Lets the box that is clicked twice be named in its place. */
export function onDoubleClick(event: MouseEvent): void {
  const stage = event.currentTarget as HTMLElement;
  const point = pointOf(event, stage);
  if (point && !isOwn(event.target)) nameClicked(point, stage.clientWidth);
}

function nameClicked(point: Point, scale: number): void {
  const id = doubleClicked(point, scale);
  if (id === undefined || isSelecting.value || !drawing.value.objects.some((each) => each.id === id)) return;
  select(id);
  naming.value = id;
}

/** The browser took the pointer away. */
export function onPointerLost(event: PointerEvent): void {
  if (drag?.pointer === event.pointerId) cancelDrag();
}

/** Boxes and selection are as they were before the drag; returns whether there was one. */
export function cancelDrag(): boolean {
  if (!drag) return false;
  const { before, selected, kind } = drag;
  const boxes = kind === 'move' ? drag.boxes : kind === 'resize' ? new Map([[drag.id, drag.box]]) : undefined;
  if (boxes) takeBack(before, rowOf('drag', boxes), () => placeBoxes(boxes, 'drag'));
  end();
  if (kind === 'marquee') selectMany(selected);
  return true;
}

function begin(next: Drag): void {
  drag = next;
  hasMoved = false;
  addEventListener('keydown', onKey, { capture: true });
}

function end(): void {
  drag = undefined;
  draft.value = undefined;
  marquee.value = undefined;
  guides.value = {};
  isDragging.value = false;
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
