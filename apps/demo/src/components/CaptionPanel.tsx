import { useId } from 'preact/hooks';
import { missingIn, places } from '../state/caption.js';
import { listed } from '../state/drawing.js';
import { ignoresNegative } from '../state/engine.js';
import { drawing, errors, setNegativePrompt, setPrompt, settle } from '../state/studio.js';
import { shortened } from '../text/shortened.js';

interface CaptionFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly error?: string;
  readonly rows: number;
  readonly onInput: (value: string) => void;
}

function CaptionField({ label, value, placeholder, error, rows, onInput }: CaptionFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        dir="auto"
        value={value}
        placeholder={placeholder}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onBlur={settle}
      />
      {error !== undefined && (
        <p id={`${id}-error`} class="field-error">
          {error}
        </p>
      )}
    </div>
  );
}

/** The caption and the negative prompt. */
export function CaptionPanel() {
  const { prompt, negativePrompt, objects } = drawing.value;
  const composed = listed(objects);
  const missing = missingIn(drawing.value);
  return (
    <section class="panel" aria-labelledby="caption-title">
      <h2 id="caption-title">Caption</h2>
      <CaptionField
        label="The whole picture"
        value={prompt}
        rows={2}
        placeholder={shortened(composed, 300) || 'a dog and a cat on a beach'}
        error={errors.value.prompt}
        onInput={setPrompt}
      />
      {missing.length > 0 && <p class="hint">Not in the caption: {shortened(missing.join(', '), 120)}.</p>}
      {composed !== '' && objects.length > 0 && (
        <fieldset class="chips">
          <legend class="visually-hidden">Write the caption from the boxes, with a place</legend>
          {places.map((place) => (
            <button
              key={place}
              type="button"
              class="chip"
              aria-pressed={prompt === `${composed} ${place}`}
              onClick={() => {
                settle();
                setPrompt(`${composed} ${place}`);
                settle();
              }}
            >
              {place}
            </button>
          ))}
        </fieldset>
      )}
      <CaptionField
        label="Not in the picture"
        value={negativePrompt}
        rows={1}
        placeholder="nothing"
        error={errors.value.negativePrompt}
        onInput={setNegativePrompt}
      />
      {ignoresNegative.value && negativePrompt.trim() !== '' && (
        <p class="hint">
          The last picture took no notice of it: this model, or guidance of 1, has nothing to hold it against.
        </p>
      )}
    </section>
  );
}
