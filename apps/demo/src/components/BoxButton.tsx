import type { Box } from '@spatiallock/core';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { describeBox, handles } from '../canvas/geometry.js';
import { boxStyle } from '../canvas/style.js';
import { shortened } from '../text/shortened.js';

/** Closer to the picture's upper edge than this, the name does not fit above the box. */
const ROOM = 0.08;

interface BoxButtonProps {
  readonly id: string;
  readonly box: Box;
  readonly phrase: string;
  readonly index: number;
  /** As CSS has it. */
  readonly colour: string;
  readonly isSelected: boolean;
  readonly hasHandles: boolean;
  /** Takes the keyboard's focus when it becomes true, where `mayFocus` allows it then. */
  readonly isFocused: boolean;
  readonly mayFocus: () => boolean;
  /** The id of the text that says what keys do. */
  readonly keys: string;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** One box over a picture; it can be reached and changed by keys alone. */
export function BoxButton(props: BoxButtonProps) {
  const { id, box, index, colour, isSelected, hasHandles, isFocused, mayFocus, keys } = props;
  const element = useRef<HTMLButtonElement>(null);
  const phrase = shortened(props.phrase);
  useLayoutEffect(() => {
    if (isFocused && mayFocus()) element.current?.focus({ preventScroll: true });
  }, [isFocused]);
  return (
    <button
      ref={element}
      type="button"
      class="box"
      data-box={id}
      data-selected={isSelected}
      aria-label={`Box ${index + 1}: ${phrase || 'not named yet'}, ${describeBox(box)}`}
      aria-describedby={keys}
      aria-pressed={isSelected}
      style={{ ...boxStyle(box), '--colour': colour }}
      onFocus={props.onFocus}
      onKeyDown={props.onKeyDown}
    >
      <span class="tag" dir="auto" data-inside={box[1] < ROOM}>
        {phrase || `${index + 1}: ?`}
      </span>
      {hasHandles && handles.map((handle) => <span key={handle} class="handle" data-handle={handle} />)}
    </button>
  );
}
