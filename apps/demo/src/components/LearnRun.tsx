import { useLayoutEffect, useRef } from 'preact/hooks';
import { wordsOf } from '../state/adapterFile.js';
import { pendingAdapter } from '../state/adapters.js';
import { adapter, given, isReady } from '../state/engine.js';
import {
  asksToDiscard,
  discardLearning,
  goOn,
  isLearning,
  type LearnState,
  learnHindrance,
  learnState,
  losses,
  stopLearning,
} from '../state/learning.js';
import { progressText } from '../state/learningText.js';
import { AdapterButtons, AdaptersAside } from './AdapterButtons.js';
import { focusIfLost } from './focus.js';
import { Icon } from './icons.js';

/** The id of the text that says what can be learnt: it gets the focus when the progress of a learning is gone. */
export const LEARN_HINT = 'learn-hint';

/** How far the learning is, and what came of it. */
export function LearnRun() {
  const state = learnState.value;
  return (
    <>
      {state.phase === 'interrupted' && <Interrupted state={state} />}
      {state.phase === 'learning' && <Learning state={state} />}
      {state.phase === 'failed' && (
        <p class="field-error" role="alert">
          Nothing was learnt: {state.message}
        </p>
      )}
      {state.phase === 'failed' && state.kept !== undefined && <Failed kept={state.kept} />}
      <Losses />
      {state.phase === 'learnt' && (
        <p class="hint" data-testid="learnt">
          {state.steps < state.planned
            ? `Stopped after ${state.steps} of ${state.planned} steps; what was learnt until then is kept.`
            : `Learnt in ${state.steps} steps.`}
        </p>
      )}
      {pendingAdapter.value && !given.value && (
        <p class="hint">It is laid over the model when the pictures in progress are done.</p>
      )}
      {adapter.value && !given.value && !isLearning.value && <Laid words={wordsOf(adapter.value)} />}
      {!isLearning.value && <AdaptersAside />}
    </>
  );
}

/** A learning that ran when the page was left. */
function Interrupted({ state }: { readonly state: Extract<LearnState, { phase: 'interrupted' }> }) {
  const { done, planned, kept } = state;
  return (
    <div class="load-awaited" role="status">
      <p>
        The page was left while it learnt, after {done} of {planned} steps.{' '}
        {kept > 0
          ? `It can go on after step ${kept}.`
          : 'Its pictures, boxes and names are here; it can begin again.'}
      </p>
      <GoOnButtons goOnTitle={kept > 0 ? 'Go on learning' : 'Begin again'} />
    </div>
  );
}

/** A learning that failed after steps that were kept. */
function Failed({ kept }: { readonly kept: number }) {
  return (
    <div class="load-awaited" role="status">
      <p>The first {kept} steps are kept; it can go on after them.</p>
      <GoOnButtons goOnTitle="Go on learning" />
    </div>
  );
}

function GoOnButtons({ goOnTitle }: { readonly goOnTitle: string }) {
  return (
    <div class="row">
      <button
        type="button"
        class="button quiet"
        disabled={learnHindrance.value !== undefined}
        onClick={() => void goOn()}
      >
        {goOnTitle}
      </button>
      <button type="button" class="button quiet" onClick={discardLearning}>
        <Icon name="close" />
        Leave it
      </button>
    </div>
  );
}

function Learning({ state }: { readonly state: Extract<LearnState, { phase: 'learning' }> }) {
  const { progress, stopping } = state;
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    focusIfLost(bar.current);
    return () => {
      if (!bar.current?.contains(document.activeElement)) return;
      requestAnimationFrame(() => focusIfLost(document.getElementById(LEARN_HINT)));
    };
  }, []);
  return (
    <div ref={bar} tabIndex={-1} class="load-bar">
      <label for="learn-progress">{progressText(state)}</label>
      <progress id="learn-progress" max={progress.steps} value={progress.done} />
      <div class="row">
        <button
          type="button"
          class="button quiet"
          disabled={stopping || losses.value.length === 0}
          onClick={() => {
            // A button that is disabled loses the focus.
            bar.current?.focus({ preventScroll: true });
            stopLearning();
          }}
        >
          <Icon name="stop" />
          Stop and keep
        </button>
        <button
          type="button"
          class="button quiet"
          onClick={discardLearning}
          onBlur={() => {
            asksToDiscard.value = false;
          }}
        >
          <Icon name="close" />
          {asksToDiscard.value ? `Press again to discard ${losses.value.length} steps` : 'Stop and discard'}
        </button>
      </div>
    </div>
  );
}

/** The curve of the losses. */
function Losses() {
  const all = losses.value;
  if (all.length < 2) return null;
  const most = Math.max(...all);
  const points = all.map((loss, i) => `${(100 * i) / (all.length - 1)},${30 - (28 * loss) / most}`);
  return (
    <svg
      class="losses"
      viewBox="0 0 100 30"
      role="img"
      aria-label={`Loss of ${all.length} steps, from ${all[0]!.toFixed(3)} to ${all.at(-1)!.toFixed(3)}`}
      data-losses={JSON.stringify(all)}
    >
      <polyline points={points.join(' ')} fill="none" stroke="currentColor" stroke-width="0.7" />
    </svg>
  );
}

function Laid({ words }: { readonly words: string }) {
  return (
    <>
      <p class="hint">
        {isReady.value
          ? 'The studio paints with what was learnt'
          : 'The model is being loaded with what was learnt'}
        {words === '' ? '' : `: name a box with ${words}`}. It survives a reload; its file is for{' '}
        <code>spatiallock generate --adapter</code>, and for this page, where it can be dropped.
      </p>
      <AdapterButtons what="what was learnt" />
    </>
  );
}
