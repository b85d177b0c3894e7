// What is done to several boxes together.

import { type Box, MAX_OBJECTS } from '@spatiallock/core';
import { moveBoxes, placeForCopy } from '../canvas/geometry.js';
import { type DrawnObject, newId, nextColour } from './drawing.js';
import { say } from './notices.js';
import { select, selectedIds, selectMany } from './selection.js';
import { changeObjects, drawing, refusesMore } from './studio.js';

const objectsOf = (ids: readonly string[]): readonly DrawnObject[] =>
  drawing.value.objects.filter(({ id }) => ids.includes(id));

export const selectedObjects = (): readonly DrawnObject[] => objectsOf(selectedIds.value);

/** The box, and where it is one of several that are selected, all of them. */
export const groupOf = (id: string): readonly string[] =>
  selectedIds.value.includes(id) ? selectedIds.value : [id];

/** What a row of moves of these boxes is called. */
export const rowOf = (key: string, boxes: ReadonlyMap<string, Box>): string =>
  `${key} ${[...boxes.keys()].join()}`;

/** New places of boxes by their ids, of those that are there; changes of one key in a row are undone together. */
export function placeBoxes(boxes: ReadonlyMap<string, Box>, key: string): void {
  if (!drawing.value.objects.some(({ id }) => boxes.has(id))) return;
  const moved = drawing.value.objects.map((object) => ({
    ...object,
    box: boxes.get(object.id) ?? object.box,
  }));
  changeObjects(moved, rowOf(key, boxes));
}

export function removeObjects(ids: readonly string[]): void {
  const { objects } = drawing.value;
  const index = objects.findIndex(({ id }) => ids.includes(id));
  if (index < 0) return;
  const rest = objects.filter(({ id }) => !ids.includes(id));
  changeObjects(rest);
  const next = rest[Math.min(index, rest.length - 1)];
  select(...(next ? [next.id] : []));
}

export function duplicate(ids: readonly string[]): void {
  const originals = objectsOf(ids);
  const [first] = originals;
  if (!first) return;
  if (originals.length === 1) {
    addObjects([{ ...first, box: placeForCopy(first.box) }]);
  } else {
    addObjects(originals, 1 / 16);
  }
}

/** Puts objects in front, moved by `off` until they hide none; says so where not all fit. */
export function addObjects(given: readonly Pick<DrawnObject, 'phrase' | 'box'>[], off = 0): void {
  if (given.length === 0 || refusesMore()) return;
  const { objects } = drawing.value;
  const room = given.slice(0, MAX_OBJECTS - objects.length);
  if (room.length < given.length) {
    say('info', `${room.length} of ${given.length} boxes fit: a picture has at most ${MAX_OBJECTS}.`);
  }
  const boxes = placesBeside(
    room.map(({ box }) => box),
    objects.map(({ box }) => box),
    off,
  );
  const added = [...objects];
  for (const [i, object] of room.entries()) {
    const { colour: own } = object as Partial<DrawnObject>;
    const colour = room.length > 1 && own !== undefined ? own : nextColour(added);
    added.push({ ...object, id: newId(), colour, box: boxes[i]! });
  }
  changeObjects(added);
  selectMany(added.slice(objects.length).map(({ id }) => id));
}

/** How far a copy goes on where its place is taken, in fractions of the picture. */
const STEP = 1 / 32;
/** Right and down first, then the other ways, for at an edge one of them goes nowhere. */
const ways: readonly (readonly [number, number])[] = [
  [STEP, STEP],
  [-STEP, -STEP],
  [STEP, -STEP],
  [-STEP, STEP],
];

/** A copy that lies exactly on what it was copied from, or on an earlier copy, could not be seen. */
function placesBeside(boxes: readonly Box[], taken: readonly Box[], off: number): readonly Box[] {
  const keysOf = (given: readonly Box[]): readonly string[] => moveBoxes(given, 0, 0).map(String);
  const places = new Set(keysOf(taken));
  const isFree = (given: readonly Box[]): boolean => keysOf(given).every((key) => !places.has(key));
  const first = off > 0 ? moveBoxes(boxes, off, off) : boxes;
  if (isFree(first)) return first;
  const others = ways.flatMap(([dx, dy]) =>
    Array.from({ length: 1 / STEP }, (_, i) => moveBoxes(first, dx * (i + 1), dy * (i + 1))),
  );
  return others.find(isFree) ?? first;
}
