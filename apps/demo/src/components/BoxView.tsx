import { onBoxKey } from '../canvas/keyboard.js';
import { colourOf, type DrawnObject } from '../state/drawing.js';
import { focusOn, isSelected as isChosen, selectedId, selectedIds } from '../state/selection.js';
import { naming } from '../state/view.js';
import { BoxButton } from './BoxButton.js';

/** One box of the drawing on the canvas. */
export function BoxView({ object, index }: { readonly object: DrawnObject; readonly index: number }) {
  const { id, box, phrase } = object;
  const isSelected = isChosen(id);
  return (
    <BoxButton
      {...{ id, box, phrase, index, isSelected }}
      colour={colourOf(object)}
      hasHandles={isSelected && selectedIds.value.length === 1}
      isFocused={selectedId.value === id}
      mayFocus={() => naming.value === undefined && isOnCanvas()}
      keys="box-keys"
      onFocus={() => focusOn(id)}
      onKeyDown={(event) => onBoxKey(event, object)}
    />
  );
}

/** A copy takes the focus along from the box that it was made of. */
const isOnCanvas = (): boolean => {
  const { activeElement, body } = document;
  return activeElement === body || (activeElement?.closest('.stage') ?? null) !== null;
};
