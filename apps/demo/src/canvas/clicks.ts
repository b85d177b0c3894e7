// Clicks on boxes that lie over each other: a repeated click takes the next one below.

import type { DrawnObject } from '../state/drawing.js';
import { isSelected, select, selectedIds } from '../state/selection.js';
import { holds, type Point } from './geometry.js';

interface Click {
  readonly point: Point;
  readonly time: number;
  /** What was selected by it. */
  readonly id: string;
  /** What was selected before, where it took the next one below. */
  readonly above?: string;
}

/** How near clicks are that count as repeated, in CSS pixels. */
const NEAR = 5;
/** How soon the second tap of a double tap comes, in milliseconds. */
const SOON = 350;
/** How long ago the first click of a double click may be, in milliseconds. */
const LATELY = 1000;

let clicks: readonly Click[] = [];

/** Boxes under a point, nearest first. */
export const hitsAt = (objects: readonly DrawnObject[], point: Point): readonly string[] =>
  objects
    .filter(({ box }) => holds(box, point))
    .map(({ id }) => id)
    .toReversed();

/** The box that a press takes hold of: of several that are selected, or picked below others, that one; else the nearest. */
export function pressedOf(hits: readonly string[]): string | undefined {
  const picked = clicks.at(-1)?.above === undefined ? undefined : clicks.at(-1)?.id;
  const held = hits.find((id) => isSelected(id) && (selectedIds.value.length > 1 || id === picked));
  return held ?? hits[0];
}

const isNear = (a: Point, b: Point, scale: number): boolean =>
  Math.hypot(a.x - b.x, a.y - b.y) * scale <= NEAR;

/** Selects what a click means; `scale` is the picture's side in pixels. */
export function clickAt(
  point: Point,
  scale: number,
  hits: readonly string[],
  before: readonly string[],
): void {
  const [nearest] = hits;
  if (nearest === undefined) return;
  const last = clicks.at(-1);
  const isRepeated = last && isNear(last.point, point, scale) && before.length === 1 && before[0] === last.id;
  const at = isRepeated ? hits.indexOf(last.id) : -1;
  const id = hits[(at + 1) % hits.length] ?? nearest;
  const above = isRepeated && hits.length > 1 ? last.id : undefined;
  clicks = [...clicks.slice(-1), { point, time: Date.now(), id, ...(above === undefined ? {} : { above }) }];
  select(id);
}

/** Whether a touch is the second of a double tap. */
export function isSecondTap(point: Point, scale: number): boolean {
  const last = clicks.at(-1);
  return last !== undefined && Date.now() - last.time < SOON && isNear(last.point, point, scale);
}

/**
 * The box that a double click at this point means: the one that was selected when its first click came, or came to be by it.
 * Undefined where no box was clicked there just now, such as on the empty canvas.
 */
export function doubleClicked(point: Point, scale: number): string | undefined {
  const first = clicks.find((click) => Date.now() - click.time < LATELY && isNear(click.point, point, scale));
  return first?.above ?? first?.id;
}
