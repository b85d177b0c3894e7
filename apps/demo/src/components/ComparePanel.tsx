import { useId } from 'preact/hooks';
import {
  compare,
  compared,
  endComparison,
  pairFault,
  type Question,
  question,
  questions,
  shownSide,
  typeSide,
} from '../state/comparison.js';
import { isReady } from '../state/engine.js';
import { busy } from '../state/shots.js';
import { hindrance, settings } from '../state/studio.js';
import { removeKeepingFocus } from './focus.js';

/** Chooses what two pictures differ in, and lays one over the other. */
export function ComparePanel() {
  const id = useId();
  const asked = question.value;
  return (
    <details class="panel fold">
      <summary>
        <h2>Compare</h2>
      </summary>
      <div class="field">
        <label for={id}>What differs</label>
        <select
          id={id}
          value={asked}
          onChange={({ currentTarget }) => {
            question.value = currentTarget.value as Question;
          }}
        >
          {Object.entries(questions).map(([each, { title }]) => (
            <option key={each} value={each}>
              {title}
            </option>
          ))}
        </select>
      </div>
      {asked !== 'held' && (
        <div class="pair">
          <SideField side={0} label="Left" />
          <SideField side={1} label="Right" />
        </div>
      )}
      {pairFault.value !== undefined && (
        <p id="pair-error" class="field-error">
          {pairFault.value}
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class="button quiet"
          disabled={
            !isReady.value || busy.value || hindrance.value !== undefined || pairFault.value !== undefined
          }
          onClick={() => compare(settings.value.previews)}
        >
          Paint and compare
        </button>
        {compared.value && (
          <button
            type="button"
            class="button quiet"
            onClick={(event) => removeKeepingFocus(event, endComparison)}
          >
            End comparison
          </button>
        )}
      </div>
      <p class="hint">Both are painted with the boxes, words and settings that are here now.</p>
    </details>
  );
}

function SideField({ side, label }: { readonly side: 0 | 1; readonly label: string }) {
  const id = useId();
  const { title } = questions[question.value];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        data-undo="own"
        type="text"
        inputMode="decimal"
        autocomplete="off"
        aria-label={`${label}: ${title}`}
        aria-invalid={pairFault.value !== undefined}
        aria-describedby={pairFault.value === undefined ? undefined : 'pair-error'}
        value={shownSide(side)}
        onInput={({ currentTarget }) => typeSide(side, currentTarget.value)}
      />
    </div>
  );
}
