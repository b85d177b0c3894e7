import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Lesson } from '../learning/lessons.js';
import { paint } from '../pictures/paint.js';
import { chosen, chosenId, lessons, removeLesson } from '../state/lessons.js';
import { shortened } from '../text/shortened.js';
import { IconButton } from './controls.js';
import { removeKeepingFocus } from './focus.js';

/** All pictures to learn from, small; one of them is on the stage. */
export function LessonList() {
  if (lessons.value.length === 0) return null;
  return (
    <ol class="lessons" aria-label="Pictures to learn from">
      {lessons.value.map((lesson) => (
        <Item key={lesson.id} lesson={lesson} isChosen={lesson.id === chosen.value?.id} />
      ))}
    </ol>
  );
}

function Item({ lesson, isChosen }: { readonly lesson: Lesson; readonly isChosen: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { id, name, picture, boxes } = lesson;
  useLayoutEffect(() => {
    if (canvas.current) paint(canvas.current, picture);
  }, [picture]);
  const shown = shortened(name);
  const count = boxes.length === 1 ? '1 box' : `${boxes.length} boxes`;
  return (
    <li>
      <button
        type="button"
        class="lesson-thumb"
        aria-pressed={isChosen}
        aria-label={`${shown}, ${count}`}
        title={name}
        onClick={() => {
          chosenId.value = id;
        }}
      >
        <canvas ref={canvas} />
        <span aria-hidden="true">{boxes.length}</span>
      </button>
      <IconButton
        icon="trash"
        label={`Remove ${shown}`}
        onClick={(event) => removeKeepingFocus(event, () => removeLesson(id))}
      />
    </li>
  );
}
