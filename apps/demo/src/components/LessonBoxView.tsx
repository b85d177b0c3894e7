import { boxAfterKey } from '../learning/lessonDrag.js';
import type { LessonBox } from '../learning/lessons.js';
import { palette } from '../state/drawing.js';
import { chosenBox, naming, placeBox, removeBox } from '../state/lessons.js';
import { BoxButton } from './BoxButton.js';
import { removeKeepingFocus } from './focus.js';

export const lessonColour = (index: number): string => palette[index % palette.length]!.value;

interface LessonBoxProps {
  readonly lesson: string;
  readonly box: LessonBox;
  readonly index: number;
}

/** One box on a picture to learn from. */
export function LessonBoxView({ lesson, box: { id, box, phrase }, index }: LessonBoxProps) {
  const isChosen = chosenBox.value === id;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey) return;
    const moved = boxAfterKey(box, event);
    if (moved) placeBox(lesson, id, moved, event.shiftKey ? 'size' : 'place');
    else if (event.key === 'Delete' || event.key === 'Backspace')
      removeKeepingFocus(event, () => removeBox(lesson, id));
    else if (event.key === 'Enter') naming.value = id;
    else return;
    event.preventDefault();
  };
  return (
    <BoxButton
      {...{ id, box, phrase, index }}
      colour={lessonColour(index)}
      isSelected={isChosen}
      hasHandles={isChosen}
      isFocused={isChosen}
      // While a name is typed the focus stays in its field; selecting a box only shows its handles.
      mayFocus={() => naming.value !== id && !document.activeElement?.closest('.lesson-names')}
      keys="lesson-keys"
      onFocus={() => {
        chosenBox.value = id;
      }}
      onKeyDown={onKeyDown}
    />
  );
}
