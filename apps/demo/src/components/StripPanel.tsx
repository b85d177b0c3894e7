import { layoutOf } from '../state/drawing.js';
import { isReady } from '../state/engine.js';
import { busy } from '../state/shots.js';
import {
  addKeyframe,
  cancelStrip,
  canRedo,
  canUndo,
  openKeyframe,
  outdatedBy,
  type PaintedStrip,
  paintStrip,
  plan,
  planned,
  redo,
  removeKeyframe,
  replaceKeyframe,
  setPlan,
  strip,
  stripHindrance,
  stripLimits,
  undo,
  work,
} from '../state/strip.js';
import { IconButton, Slider } from './controls.js';
import { removeKeepingFocus } from './focus.js';
import { Icon } from './icons.js';
import { keyed } from './keyed.js';
import { StripView } from './StripView.js';
import { Thumbnail } from './Thumbnail.js';

/** Keyframes, and the pictures along them. */
export function StripPanel() {
  const { between, steps } = plan.value;
  const state = work.value;
  return (
    <details class="panel fold">
      <summary>
        <h2>Strip</h2>
      </summary>
      <p class="hint">
        Add the boxes as they are, move them, add them again: the pictures between are painted from one seed.
      </p>
      <Keyframes />
      <div class="row">
        <button type="button" class="button quiet" onClick={addKeyframe}>
          <Icon name="plus" />
          Add keyframe
        </button>
        <IconButton icon="undo" label="Undo in the strip" disabled={!canUndo.value} onClick={undo} />
        <IconButton icon="redo" label="Redo in the strip" disabled={!canRedo.value} onClick={redo} />
      </div>
      <Slider
        label="Frames between"
        value={between}
        range={stripLimits.between}
        onInput={(value) => setPlan('between', value)}
      />
      <Slider
        label="Steps of a frame"
        value={steps}
        range={stripLimits.steps}
        onInput={(value) => setPlan('steps', value)}
      />
      {state.phase === 'painting' ? (
        <Painting done={state.done} total={state.total} />
      ) : (
        <button
          type="button"
          class="button quiet"
          disabled={!isReady.value || busy.value || stripHindrance.value !== undefined}
          onClick={(event) => removeKeepingFocus(event, () => void paintStrip())}
        >
          Paint the strip, {planned.value.length} frames
        </button>
      )}
      {stripHindrance.value !== undefined && <p class="hint">{stripHindrance.value}</p>}
      {state.phase === 'failed' && (
        <p class="field-error" role="alert">
          The strip failed: {state.message}
        </p>
      )}
      {outdatedBy.value.length > 0 && (
        <p class="hint">These frames were painted {outdatedBy.value.join(', ')}.</p>
      )}
      {strip.value && state.phase !== 'painting' && <Missing strip={strip.value} />}
      {strip.value && <StripView frames={strip.value.frames} />}
    </details>
  );
}

/** What of a strip is not here. */
function Missing({ strip: { frames, total, lost } }: { readonly strip: PaintedStrip }) {
  if (frames.length === total) return null;
  return (
    <p class="hint">
      {frames.length} of {total} frames are here{lost > 0 ? `; ${lost} could not be kept` : ''}.
      {outdatedBy.value.length === 0 && ' Painted again from the same seed they are the same.'}
    </p>
  );
}

function Keyframes() {
  const { keyframes } = plan.value;
  if (keyframes.length === 0) return null;
  return (
    <ol class="keyframes">
      {keyed(keyframes, (keyframe) => JSON.stringify(keyframe.objects)).map(({ key, item }, i) => (
        <li key={key}>
          <button
            type="button"
            class="example"
            aria-label={`Open keyframe ${i + 1}`}
            onClick={() => openKeyframe(i)}
          >
            <Thumbnail layout={layoutOf(item)} />
          </button>
          <IconButton
            icon="save"
            label={`Put the canvas into keyframe ${i + 1}`}
            onClick={() => replaceKeyframe(i)}
          />
          <IconButton
            icon="trash"
            label={`Remove keyframe ${i + 1}`}
            onClick={(event) => removeKeepingFocus(event, () => removeKeyframe(i))}
          />
        </li>
      ))}
    </ol>
  );
}

function Painting({ done, total }: { readonly done: number; readonly total: number }) {
  return (
    <div class="load-bar">
      <label for="strip-progress">
        Frame {Math.min(done + 1, total)} of {total}
      </label>
      <progress id="strip-progress" max={total} value={done} />
      <button type="button" class="button quiet" onClick={(event) => removeKeepingFocus(event, cancelStrip)}>
        <Icon name="stop" />
        Cancel the strip
      </button>
    </div>
  );
}
