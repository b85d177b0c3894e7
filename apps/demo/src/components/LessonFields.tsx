import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Lesson, type LessonBox, LONGEST_NAME } from '../learning/lessons.js';
import { addBox, chosenBox, isFull, nameBox, names, naming, removeBox, settle } from '../state/lessons.js';
import { IconButton } from './controls.js';
import { removeKeepingFocus } from './focus.js';
import { Icon } from './icons.js';
import { lessonColour } from './LessonBoxView.js';

/** What stands in the boxes of a picture. */
export function LessonFields({ lesson }: { readonly lesson: Lesson }) {
  return (
    <>
      <ul class="lesson-names" aria-label={`Boxes of ${lesson.name}`}>
        {lesson.boxes.map((box, index) => (
          <NameRow key={box.id} lesson={lesson.id} box={box} index={index} />
        ))}
      </ul>
      <datalist id="lesson-name-list">
        {names.value.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button type="button" class="button quiet" disabled={isFull(lesson)} onClick={() => addBox(lesson.id)}>
        <Icon name="plus" />
        Add a box to the picture
      </button>
    </>
  );
}

interface RowProps {
  readonly lesson: string;
  readonly box: LessonBox;
  readonly index: number;
}

function NameRow({ lesson, box: { id, phrase }, index }: RowProps) {
  const field = useRef<HTMLInputElement>(null);
  const isNamed = naming.value === id;
  useLayoutEffect(() => {
    if (!isNamed) return;
    field.current?.focus();
    field.current?.select();
    naming.value = undefined;
  }, [isNamed]);
  return (
    <li class="row" style={{ '--colour': lessonColour(index) }}>
      <span class="lesson-swatch" aria-hidden="true" />
      <input
        ref={field}
        type="text"
        dir="auto"
        list="lesson-name-list"
        aria-label={`What box ${index + 1} shows`}
        placeholder="a forklift"
        maxLength={LONGEST_NAME}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={phrase}
        onInput={({ currentTarget }) => nameBox(lesson, id, currentTarget.value)}
        onFocus={() => {
          chosenBox.value = id;
        }}
        onBlur={settle}
      />
      <IconButton
        icon="trash"
        label={`Remove box ${index + 1}`}
        onClick={(event) => removeKeepingFocus(event, () => removeBox(lesson, id))}
      />
    </li>
  );
}
