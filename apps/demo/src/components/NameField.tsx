import { useState } from 'preact/hooks';
import { select } from '../state/selection.js';
import { drawing, editObject, errors, settle, steps, takeBack } from '../state/studio.js';
import { naming } from '../state/view.js';
import { PhraseField } from './PhraseField.js';

/** Names a box in its place on the canvas; Enter and a press elsewhere keep the name, Escape takes it back. */
export function NameField() {
  const index = drawing.value.objects.findIndex(({ id }) => id === naming.value);
  const object = drawing.value.objects[index];
  return object ? <Field key={object.id} {...object} index={index} /> : null;
}

interface FieldProps {
  readonly id: string;
  readonly phrase: string;
  readonly box: readonly [number, number, number, number];
  readonly index: number;
}

function Field({ id, phrase, box: [x0, y0], index }: FieldProps) {
  const [before] = useState(() => ({ steps: steps(), phrase }));
  const leave = (): void => {
    if (naming.value !== id) return;
    naming.value = undefined;
    settle();
  };
  /** The keyboard goes on at the box. */
  const close = (): void => {
    leave();
    select(id);
    document.querySelector<HTMLElement>(`[data-box="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
  };
  return (
    <div
      class="name-field"
      data-own
      style={{ left: `${Math.min(x0, 0.6) * 100}%`, top: `${Math.min(y0, 0.85) * 100}%` }}
    >
      <PhraseField
        label={`Name of box ${index + 1}`}
        value={phrase}
        error={errors.value.phrases[index]}
        focused
        onInput={(value) => editObject(id, { phrase: value }, 'phrase')}
        onFocus={() => undefined}
        onCommit={close}
        onLeave={leave}
        onCancel={() => {
          takeBack(before.steps, `phrase ${id}`, () => editObject(id, { phrase: before.phrase }));
          close();
        }}
      />
    </div>
  );
}
