import { saveAdapter, wordsOf } from '../state/adapterFile.js';
import { applyAdapter, deleteAdapter, inactiveAdapters, removeAdapter } from '../state/adapters.js';
import { adapter, type LoadedAdapter } from '../state/engine.js';
import { isPainting } from '../state/painting.js';
import { Icon } from './icons.js';
import { keyed } from './keyed.js';

/** What can be done with what was learnt and is laid over the model; `what` names it. */
export function AdapterButtons({ what }: { readonly what: string }) {
  const { value: laid } = adapter;
  return (
    <div class="row">
      {laid && <SaveButton laid={laid} what={what} />}
      <button type="button" class="button quiet" disabled={isPainting.value} onClick={removeAdapter}>
        <Icon name="trash" />
        Forget {what}
      </button>
    </div>
  );
}

function SaveButton({ laid, what }: { readonly laid: LoadedAdapter; readonly what: string }) {
  return (
    <button type="button" class="button quiet" onClick={() => saveAdapter(laid)}>
      <Icon name="save" />
      Save {what}
    </button>
  );
}

const nameOf = (laid: LoadedAdapter): string => wordsOf(laid) || 'what was learnt, without new words';

/** What was learnt and then taken off the model: it can be brought back until it is deleted. */
export function AdaptersAside() {
  return (
    <>
      {keyed(inactiveAdapters.value, nameOf).map(({ key, item }) => (
        <div key={key} class="field">
          <p class="hint">Set aside: {nameOf(item)}</p>
          <div class="row">
            <button
              type="button"
              class="button quiet"
              disabled={isPainting.value}
              onClick={() => applyAdapter(item)}
            >
              <Icon name="undo" />
              Bring it back
            </button>
            <SaveButton laid={item} what="it" />
            <button
              type="button"
              class="button quiet"
              aria-label={`Delete it: ${nameOf(item)}`}
              onClick={() => deleteAdapter(item)}
            >
              <Icon name="trash" />
              Delete it
            </button>
          </div>
        </div>
      ))}
    </>
  );
}
