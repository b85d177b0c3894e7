// What keys do to a box that has the focus.

import type { DrawnObject } from '../state/drawing.js';
import { duplicate, editObject, removeObject, reorder, selectedId } from '../state/studio.js';
import { focusPhrase } from '../state/view.js';
import { moveBox, resizeBox } from './geometry.js';

/** One arrow key moves by half a cell of the model's grid, with Alt by an eighth. */
const STEP = 1 / 32;
const FINE_STEP = 1 / 128;

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function onBoxKey(event: KeyboardEvent, object: DrawnObject): void {
  // With Control or Command, keys are the page's and the browser's, but for one.
  const isOurs = event.ctrlKey || event.metaKey ? copies(event, object.id) : changes(event, object);
  if (isOurs) event.preventDefault();
}

function copies({ key, altKey, shiftKey }: KeyboardEvent, id: string): boolean {
  if (key.toLowerCase() !== 'd' || altKey || shiftKey) return false;
  duplicate(id);
  return true;
}

function changes({ key, altKey, shiftKey }: KeyboardEvent, { id, box }: DrawnObject): boolean {
  const arrow = arrows[key];
  if (arrow) {
    const step = altKey ? FINE_STEP : STEP;
    const [dx, dy] = [arrow[0] * step, arrow[1] * step];
    const moved = shiftKey ? resizeBox(box, 'se', dx, dy) : moveBox(box, dx, dy);
    editObject(id, { box: moved }, shiftKey ? 'size' : 'place');
  } else if (key === 'Delete' || key === 'Backspace') removeObject(id);
  else if (key === 'Enter') focusPhrase.value = id;
  else if (key === 'PageUp') reorder(id, 1);
  else if (key === 'PageDown') reorder(id, -1);
  // Escape also cancels pictures, where nothing is left to be put down.
  else if (key === 'Escape' && selectedId.value !== undefined) selectedId.value = undefined;
  else return false;
  return true;
}
