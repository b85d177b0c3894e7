// What keys do to a box that has the focus, and to those that are selected with it.

import type { DrawnObject } from '../state/drawing.js';
import { duplicate, groupOf, placeBoxes, removeObjects } from '../state/group.js';
import { isGathering, select, selectedIds, selectMany, toggle } from '../state/selection.js';
import { drawing, editObject, reorder } from '../state/studio.js';
import { focusPhrase, naming } from '../state/view.js';
import { arrowStep } from './arrows.js';
import { moveBoxes, resizeBox } from './geometry.js';

export function onBoxKey(event: KeyboardEvent, object: DrawnObject): void {
  // With Control or Command, keys are the page's and the browser's, but for two.
  const isOurs = event.ctrlKey || event.metaKey ? controls(event, object.id) : changes(event, object);
  if (isOurs) event.preventDefault();
}

function controls({ key, altKey, shiftKey }: KeyboardEvent, id: string): boolean {
  if (altKey || shiftKey) return false;
  if (key.toLowerCase() === 'd') duplicate(groupOf(id));
  else if (key.toLowerCase() === 'a') selectAll(id);
  else return false;
  return true;
}

/** The one with the focus keeps it. */
function selectAll(focused: string): void {
  const others = drawing.value.objects.map(({ id }) => id).filter((id) => id !== focused);
  selectMany([...others, focused]);
}

function changes(event: KeyboardEvent, { id, box }: DrawnObject): boolean {
  const { key, shiftKey } = event;
  const arrow = arrowStep(event);
  if (arrow) {
    const [dx, dy] = arrow;
    if (shiftKey) editObject(id, { box: resizeBox(box, 'se', dx, dy) }, 'size');
    else moveGroup(groupOf(id), dx, dy);
  } else if (key === 'Delete' || key === 'Backspace') removeObjects(groupOf(id));
  else if (key === 'Enter') focusPhrase.value = id;
  else if (key === 'F2') naming.value = id;
  else if (key === ' ') gather(id);
  else if (key === 'PageUp') reorder(id, 1);
  else if (key === 'PageDown') reorder(id, -1);
  // Escape also cancels pictures, where nothing is left to be put down.
  else if (key === 'Escape' && selectedIds.value.length > 0) select();
  else return false;
  return true;
}

function moveGroup(ids: readonly string[], dx: number, dy: number): void {
  const group = drawing.value.objects.filter((each) => ids.includes(each.id));
  const places = moveBoxes(
    group.map((each) => each.box),
    dx,
    dy,
  );
  placeBoxes(new Map(group.map((each, i) => [each.id, places[i]!])), 'place');
}

/** The first press keeps the box while the focus goes on; later ones add and take away. */
function gather(id: string): void {
  if (!isGathering.value && selectedIds.value.includes(id)) isGathering.value = true;
  else toggle(id);
}
