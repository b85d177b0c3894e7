import { useEffect, useRef } from 'preact/hooks';
import { describeBox, handles } from '../canvas/geometry.js';
import { onBoxKey } from '../canvas/keyboard.js';
import { boxStyle } from '../canvas/style.js';
import { colourOf, type DrawnObject } from '../state/drawing.js';
import { selectedId } from '../state/studio.js';
import { shortened } from '../text/shortened.js';

/** One box on the canvas; it can be reached and changed by keys alone. */
export function BoxView({ object, index }: { readonly object: DrawnObject; readonly index: number }) {
  const element = useRef<HTMLButtonElement>(null);
  const { id, box } = object;
  const phrase = shortened(object.phrase);
  const isSelected = selectedId.value === id;
  useEffect(() => {
    // A copy takes the focus along from the box that it was made of.
    const onCanvas = document.activeElement?.closest('.stage') || document.activeElement === document.body;
    if (isSelected && onCanvas) element.current?.focus({ preventScroll: true });
  }, [isSelected]);
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
      onFocus={() => {
        selectedId.value = id;
      }}
      onKeyDown={(event) => onBoxKey(event, object)}
    >
      <span class="tag" data-inside={box[1] < 0.06}>
        {phrase || `${index + 1}: ?`}
      </span>
      {isSelected && handles.map((handle) => <span key={handle} class="handle" data-handle={handle} />)}
    </button>
  );
}
