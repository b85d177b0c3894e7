import { applyAdapter, inactiveAdapters, removeAdapter } from '../state/adapters.js';
import { choose, chosenDevice } from '../state/deviceChoice.js';
import { adapter, given, openModel } from '../state/engine.js';
import type { LoadState } from '../state/loadState.js';
import { hasAdded, removeAdded } from '../state/ownModel.js';
import type { DeviceId } from '../worker/protocol.js';
import { AwaitedModel } from './AwaitedModel.js';

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** How far the model is on its way. */
export function LoadBar({ state, device }: { readonly state: LoadState; readonly device: DeviceId }) {
  if (state.phase === 'ready') return null;
  if (state.phase === 'awaiting') return <AwaitedModel />;
  if (state.phase === 'failed') {
    const [before] = inactiveAdapters.value;
    return (
      <div class="load-failed" role="alert">
        <p>
          <strong>{state.wasReady ? 'The model has stopped.' : 'The model could not be loaded.'}</strong>{' '}
          {state.message}
        </p>
        <button type="button" class="button quiet" onClick={() => choose(chosenDevice.value)}>
          Try again
        </button>
        {device !== 'onnx-wasm' && (
          <button type="button" class="button quiet" onClick={() => choose('onnx-wasm')}>
            Use WebAssembly
          </button>
        )}
        {hasAdded.value && (
          <button type="button" class="button quiet" onClick={removeAdded}>
            Back to the model without the added files
          </button>
        )}
        {given.value && (
          <button type="button" class="button quiet" onClick={() => openModel(undefined)}>
            Back to the model of this page
          </button>
        )}
        {!given.value && adapter.value && (
          <>
            {before && (
              <button type="button" class="button quiet" onClick={() => applyAdapter(before)}>
                Back to what was learnt before
              </button>
            )}
            <button type="button" class="button quiet" onClick={removeAdapter}>
              Without the adapter
            </button>
          </>
        )}
      </div>
    );
  }
  const share = state.phase === 'preparing' ? 1 : state.total > 0 ? state.loaded / state.total : 0;
  const text =
    state.phase === 'preparing'
      ? 'Preparing the model'
      : state.file !== undefined
        ? `Downloading ${state.file}, ${megabytes(state.loaded)} of ${megabytes(state.total)} MB`
        : state.total > 0
          ? `Loading the model, ${megabytes(state.loaded)} of ${megabytes(state.total)} MB`
          : 'Loading the model';
  return (
    <div class="load-bar">
      <label for="load-progress">{text}</label>
      <progress id="load-progress" max={1} value={share} />
    </div>
  );
}
