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

export function onBoxKey(event: KeyboardEvent, { id, box }: DrawnObject): void {
  const arrow = arrows[event.key];
  if (arrow) {
    const step = event.altKey ? FINE_STEP : STEP;
    const [dx, dy] = [arrow[0] * step, arrow[1] * step];
    const moved = event.shiftKey ? resizeBox(box, 'se', dx, dy) : moveBox(box, dx, dy);
    editObject(id, { box: moved }, event.shiftKey ? 'size' : 'place');
  } else if (event.key === 'Delete' || event.key === 'Backspace') removeObject(id);
  else if (event.key === 'Enter') focusPhrase.value = id;
  else if (event.key === 'PageUp') reorder(id, 1);
  else if (event.key === 'PageDown') reorder(id, -1);
  else if (event.key === 'Escape') selectedId.value = undefined;
  else if (event.key.toLowerCase() === 'd' && (event.ctrlKey || event.metaKey)) duplicate(id);
  else return;
  event.preventDefault();
}
