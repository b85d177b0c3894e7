import { useEffect, useRef, useState } from 'preact/hooks';
import { type Handle, isDrag, type Point } from '../canvas/geometry.js';
import { boxStyle } from '../canvas/style.js';
import { draggedBox, type LessonDrag } from '../learning/lessonDrag.js';
import type { Lesson } from '../learning/lessons.js';
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
  readonly point: Point;
  /** As it was before, for when the drag is cancelled. */
  readonly before: History<readonly Lesson[]>;
}

/** A picture to learn from, on which boxes are drawn, moved and resized as on the studio's canvas. */
export function LessonStage({ lesson }: { readonly lesson: Lesson }) {
  const stage = useRef<HTMLDivElement>(null);
  const [press, setPress] = useState<Press>();
  const { id, name, picture, boxes } = lesson;
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = stage.current!.getBoundingClientRect();
    return { x: (clientX - left) / Math.max(1, width), y: (clientY - top) / Math.max(1, height) };
  };
  const wide = (): number => stage.current!.clientWidth;
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || press || isLearning.value) return;
    const start = pointOf(event);
    settle();
    const target = event.target as HTMLElement;
    const held = boxes.find((box) => box.id === target.closest<HTMLElement>('[data-box]')?.dataset.box);
    const handle = target.closest<HTMLElement>('[data-handle]')?.dataset.handle as Handle | undefined;
    const drag: LessonDrag = !held
      ? { kind: 'draw', start }
      : handle
        ? { kind: 'resize', start, id: held.id, box: held.box, handle }
        : { kind: 'move', start, id: held.id, box: held.box };
    chosenBox.value = held?.id;
    if (!held && isFull(lesson)) return;
    stage.current!.setPointerCapture(event.pointerId);
    setPress({ pointer: event.pointerId, drag, point: start, before: steps() });
  };
  const move = (event: PointerEvent): void => {
    if (press?.pointer !== event.pointerId) return;
    const point = pointOf(event);
    const { drag } = press;
    setPress({ ...press, point });
    if (drag.kind !== 'draw') placeBox(id, drag.id, draggedBox(drag, point), 'drag');
  };
  const up = (event: PointerEvent): void => {
    if (press?.pointer !== event.pointerId) return;
    const { drag } = press;
    const point = pointOf(event);
    setPress(undefined);
    settle();
    if (drag.kind === 'draw' && isDrag(drag.start, point, wide())) addBox(id, draggedBox(drag, point));
  };
  const cancel = (): void => {
    if (press && press.drag.kind !== 'draw') rollBack(press.before);
    setPress(undefined);
  };
  useEffect(() => {
    if (!press) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      cancel();
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [press]);
  const drawn = press?.drag.kind === 'draw' && isDrag(press.drag.start, press.point, wide());
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
        {drawn && press && <div class="box draft" style={boxStyle(draggedBox(press.drag, press.point))} />}
      </div>
      <p id="lesson-keys" class="visually-hidden">
        Arrow keys move the box, with Shift they resize it, with Alt finely. Enter names it, Delete removes
        it.
      </p>
    </section>
  );
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
