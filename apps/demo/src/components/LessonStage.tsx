import { useEffect, useRef, useState } from 'preact/hooks';
import type { Handle, Point } from '../canvas/geometry.js';
import { boxStyle } from '../canvas/style.js';
import type { LessonDrag } from '../learning/lessonDrag.js';
import type { Lesson, LessonBox } from '../learning/lessons.js';
import { isLearning } from '../state/learning.js';
import { beginPress, cancelPress, letGo, movePress, press } from '../state/lessonPress.js';
import { chosenBox, isFull } from '../state/lessons.js';
import { LessonBoxView } from './LessonBoxView.js';
import { PictureView } from './PictureView.js';

/** A picture to learn from, on which boxes are drawn, moved and resized as on the studio's canvas. */
export function LessonStage({ lesson }: { readonly lesson: Lesson }) {
  const stage = useRef<HTMLDivElement>(null);
  const { id, name, picture, boxes } = lesson;
  // The width bounds the height: bounded by itself, it would squash the picture.
  const ratio = picture.width / picture.height;
  const held = press.value?.lesson === id ? press.value : undefined;
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = stage.current!.getBoundingClientRect();
    return { x: (clientX - left) / Math.max(1, width), y: (clientY - top) / Math.max(1, height) };
  };
  const isHeldBy = ({ pointerId }: PointerEvent): boolean => press.value?.pointer === pointerId;
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || press.value || isLearning.value) return;
    const target = event.target as HTMLElement;
    const drag = pressed(target, boxes, pointOf(event));
    target.closest<HTMLElement>('[data-box]')?.focus({ preventScroll: true });
    chosenBox.value = drag.kind === 'draw' ? undefined : drag.id;
    if (drag.kind === 'draw' && isFull(lesson)) return;
    stage.current!.setPointerCapture(event.pointerId);
    beginPress({ lesson: id, pointer: event.pointerId, drag });
    addEventListener('keydown', onKey, { capture: true });
  };
  const move = (event: PointerEvent): void => {
    if (isHeldBy(event)) movePress(pointOf(event), stage.current!.clientWidth);
  };
  const up = (event: PointerEvent): void => {
    if (!isHeldBy(event)) return;
    letGo();
    removeEventListener('keydown', onKey, { capture: true });
  };
  /** The browser took the pointer away, or Escape. */
  const [cancel] = useState(() => (): void => {
    cancelPress();
    removeEventListener('keydown', onKey, { capture: true });
  });
  const [onKey] = useState(() => (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    cancel();
    event.preventDefault();
    event.stopPropagation();
  });
  useEffect(() => cancel, []);
  const heldAs = (box: LessonBox): LessonBox =>
    held?.box && held.drag.kind !== 'draw' && held.drag.id === box.id ? { ...box, box: held.box } : box;
  return (
    <section
      class="lesson-stage"
      aria-label={`${name}: draw boxes here`}
      // The focus goes to the box that is pressed.
      onMouseDown={(event) => event.preventDefault()}
    >
      <div
        ref={stage}
        class="lesson-canvas"
        style={{ aspectRatio: String(ratio), width: `min(100%, calc(70vh * ${ratio}))` }}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={(event) => isHeldBy(event) && cancel()}
        onLostPointerCapture={(event) => isHeldBy(event) && cancel()}
      >
        <PictureView picture={picture} label={name} />
        {boxes.map((box, index) => (
          <LessonBoxView key={box.id} lesson={id} box={heldAs(box)} index={index} />
        ))}
        {held?.drag.kind === 'draw' && held.box && <div class="box draft" style={boxStyle(held.box)} />}
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
