import { useLayoutEffect, useRef } from 'preact/hooks';
import { describeBox, handles } from '../canvas/geometry.js';
import { onBoxKey } from '../canvas/keyboard.js';
import { boxStyle } from '../canvas/style.js';
import { colourOf, type DrawnObject } from '../state/drawing.js';
import { focusOn, isSelected as isChosen, selectedId, selectedIds } from '../state/selection.js';
import { naming } from '../state/view.js';
import { shortened } from '../text/shortened.js';

/** One box on the canvas; it can be reached and changed by keys alone. */
export function BoxView({ object, index }: { readonly object: DrawnObject; readonly index: number }) {
  const element = useRef<HTMLButtonElement>(null);
  const { id, box } = object;
  const phrase = shortened(object.phrase);
  const isSelected = isChosen(id);
  const isFirst = selectedId.value === id;
  useLayoutEffect(() => {
    // A copy takes the focus along from the box that it was made of.
    const onCanvas = document.activeElement?.closest('.stage') || document.activeElement === document.body;
    if (isFirst && onCanvas && naming.value === undefined) element.current?.focus({ preventScroll: true });
  }, [isFirst]);
  return (
    <button
      ref={element}
      type="button"
      class="box"
      data-box={id}
      data-selected={isSelected}
      aria-label={`Box ${index + 1}: ${phrase || 'not named yet'}, ${describeBox(box)}`}
      aria-describedby="box-keys"
      aria-pressed={isSelected}
      style={{ ...boxStyle(box), '--colour': colourOf(object) }}
      onFocus={() => focusOn(id)}
      onKeyDown={(event) => onBoxKey(event, object)}
    >
      <span class="tag" data-inside={box[1] < 0.06}>
        {phrase || `${index + 1}: ?`}
      </span>
      {isSelected &&
        selectedIds.value.length === 1 &&
        handles.map((handle) => <span key={handle} class="handle" data-handle={handle} />)}
    </button>
  );
}
