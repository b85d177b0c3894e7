import type { Box } from '@spatiallock/core';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Handle, isDrag, type Point } from '../canvas/geometry.js';
import { boxStyle } from '../canvas/style.js';
import { draggedBox, type LessonDrag } from '../learning/lessonDrag.js';
import type { Lesson, LessonBox } from '../learning/lessons.js';
import type { History } from '../state/history.js';
import { isLearning } from '../state/learning.js';
import {
  addBox,
  chosenBox,
  isFull,
  placeBox,
  redo,
  rollBack,
  settle,
  steps,
  undo,
} from '../state/lessons.js';
import { LessonBoxView } from './LessonBoxView.js';
import { PictureView } from './PictureView.js';

interface Press {
  readonly pointer: number;
  readonly drag: LessonDrag;
  /** As it was before, for when the drag is cancelled. */
  readonly before: History<readonly Lesson[]>;
}

/** A picture to learn from, on which boxes are drawn, moved and resized as on the studio's canvas. */
export function LessonStage({ lesson }: { readonly lesson: Lesson }) {
  const stage = useRef<HTMLDivElement>(null);
  // Not a state: events may follow each other before the next rendering.
  const press = useRef<Press | undefined>(undefined);
  const [draft, setDraft] = useState<Box>();
  const { id, name, picture, boxes } = lesson;
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = stage.current!.getBoundingClientRect();
    return { x: (clientX - left) / Math.max(1, width), y: (clientY - top) / Math.max(1, height) };
  };
  const drawnTo = ({ drag }: Press, point: Point): Box | undefined =>
    drag.kind === 'draw' && isDrag(drag.start, point, stage.current!.clientWidth)
      ? draggedBox(drag, point)
      : undefined;
  const end = (): Press | undefined => {
    const last = press.current;
    press.current = undefined;
    setDraft(undefined);
    removeEventListener('keydown', onKey, { capture: true });
    return last;
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || press.current || isLearning.value) return;
    settle();
    const target = event.target as HTMLElement;
    const drag = pressed(target, boxes, pointOf(event));
    target.closest<HTMLElement>('[data-box]')?.focus({ preventScroll: true });
    chosenBox.value = drag.kind === 'draw' ? undefined : drag.id;
    if (drag.kind === 'draw' && isFull(lesson)) return;
    stage.current!.setPointerCapture(event.pointerId);
    press.current = { pointer: event.pointerId, drag, before: steps() };
    addEventListener('keydown', onKey, { capture: true });
  };
  const move = (event: PointerEvent): void => {
    if (press.current?.pointer !== event.pointerId) return;
    const point = pointOf(event);
    const { drag } = press.current;
    if (drag.kind === 'draw') setDraft(drawnTo(press.current, point));
    else placeBox(id, drag.id, draggedBox(drag, point), 'drag');
  };
  const up = (event: PointerEvent): void => {
    if (press.current?.pointer !== event.pointerId) return;
    const box = drawnTo(press.current, pointOf(event));
    end();
    settle();
    if (box) addBox(id, box);
  };
  /** The browser took the pointer away, or Escape: all is as it was. */
  const cancel = (): void => {
    const last = end();
    if (last && last.drag.kind !== 'draw') rollBack(last.before);
  };
  const [onKey] = useState(() => (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    cancelled.current();
    event.preventDefault();
    event.stopPropagation();
  });
  const cancelled = useRef(cancel);
  cancelled.current = cancel;
  useEffect(() => () => removeEventListener('keydown', onKey, { capture: true }), []);
  return (
    <section
      class="lesson-stage"
      aria-label={`${name}: draw boxes here`}
      onKeyDown={onStageKey}
      // The focus goes to the box that is pressed.
      onMouseDown={(event) => event.preventDefault()}
    >
      <div
        ref={stage}
        class="lesson-canvas"
        style={{ aspectRatio: `${picture.width} / ${picture.height}` }}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={cancel}
        onLostPointerCapture={cancel}
      >
        <PictureView picture={picture} label={name} />
        {boxes.map((box, index) => (
          <LessonBoxView key={box.id} lesson={id} box={box} index={index} />
        ))}
        {draft && <div class="box draft" style={boxStyle(draft)} />}
      </div>
      <p id="lesson-keys" class="visually-hidden">
        Arrow keys move the box, with Shift they resize it, with Alt finely. Enter names it, Delete removes
        it.
      </p>
    </section>
  );
}

/** What a press takes hold of: a handle, a box, or the empty picture. */
function pressed(target: HTMLElement, boxes: readonly LessonBox[], start: Point): LessonDrag {
  const held = boxes.find(({ id }) => id === target.closest<HTMLElement>('[data-box]')?.dataset.box);
  if (!held) return { kind: 'draw', start };
  const { id, box } = held;
  const handle = target.closest<HTMLElement>('[data-handle]')?.dataset.handle as Handle | undefined;
  return handle ? { kind: 'resize', start, id, box, handle } : { kind: 'move', start, id, box };
}

/** Undo and redo of the pictures, where the focus is here; elsewhere the keys are the drawing's. */
function onStageKey(event: KeyboardEvent): void {
  const control = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = event.key.toLowerCase();
  if (!control || (key !== 'z' && key !== 'y')) return;
  if (key === 'y' || event.shiftKey) redo();
  else undo();
  event.preventDefault();
  event.stopPropagation();
}
