import { useLayoutEffect, useRef } from 'preact/hooks';
import { describeBox, handles } from '../canvas/geometry.js';
import { boxStyle } from '../canvas/style.js';
import { boxAfterKey } from '../learning/lessonDrag.js';
import type { LessonBox } from '../learning/lessons.js';
import { palette } from '../state/drawing.js';
import { chosenBox, naming, placeBox, removeBox } from '../state/lessons.js';
import { shortened } from '../text/shortened.js';

export const lessonColour = (index: number): string => palette[index % palette.length]!.value;

interface LessonBoxProps {
  readonly lesson: string;
  readonly box: LessonBox;
  readonly index: number;
}

/** One box on a picture to learn from; it can be reached and changed by keys alone. */
export function LessonBoxView({ lesson, box: { id, box, phrase }, index }: LessonBoxProps) {
  const element = useRef<HTMLButtonElement>(null);
  const isChosen = chosenBox.value === id;
  const name = shortened(phrase);
  useLayoutEffect(() => {
    // Who writes names keeps the focus: choosing a box is then no more than showing its handles.
    const isNaming = document.activeElement?.closest('.lesson-names');
    if (isChosen && !isNaming && naming.value !== id) element.current?.focus({ preventScroll: true });
  }, [isChosen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey) return;
    const moved = boxAfterKey(box, event);
    if (moved) placeBox(lesson, id, moved, event.shiftKey ? 'size' : 'place');
    else if (event.key === 'Delete' || event.key === 'Backspace') removeBox(lesson, id);
    else if (event.key === 'Enter') naming.value = id;
    else return;
    event.preventDefault();
  };
  return (
    <button
      ref={element}
      type="button"
      class="box"
      data-box={id}
      data-selected={isChosen}
      aria-label={`Box ${index + 1}: ${name || 'not named yet'}, ${describeBox(box)}`}
      aria-describedby="lesson-keys"
      aria-pressed={isChosen}
      style={{ ...boxStyle(box), '--colour': lessonColour(index) }}
      onFocus={() => {
        chosenBox.value = id;
      }}
      onKeyDown={onKeyDown}
    >
      <span class="tag" data-inside={box[1] < 0.08}>
        {name || `${index + 1}: ?`}
      </span>
      {isChosen && handles.map((handle) => <span key={handle} class="handle" data-handle={handle} />)}
    </button>
  );
}
