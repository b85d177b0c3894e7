import { useId } from 'preact/hooks';
import { type Judge, judge, verdictOf } from '../state/judging.js';
import type { Shot } from '../state/shots.js';

/** Chooses who judges, and says what came of it where that is the person's own detector. */
export function JudgeField({ shot }: { readonly shot: Shot }) {
  const id = useId();
  const verdict = judge.value === 'own' ? verdictOf(shot) : undefined;
  return (
    <>
      <div class="field inline">
        <label for={id}>Judge</label>
        <select
          id={id}
          value={judge.value}
          onChange={({ currentTarget }) => {
            judge.value = currentTarget.value as Judge;
          }}
        >
          <option value="builtIn">Built-in detector</option>
          <option value="own">Your detector</option>
        </select>
      </div>
      {verdict?.state === 'looking' && <p class="hint">Your detector looks at the picture.</p>}
      {verdict?.state === 'failed' && (
        <p class="field-error" role="alert">
          Your detector failed: {verdict.message}
        </p>
      )}
      {judge.value === 'builtIn' && shot.judged === undefined && (
        <p class="hint">The built-in detector has not seen this picture: it was opened from a file.</p>
      )}
    </>
  );
}
