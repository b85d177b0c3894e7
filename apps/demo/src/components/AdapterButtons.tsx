import { saveAdapter } from '../state/adapterFile.js';
import { setAdapter } from '../state/engine.js';
import { busy } from '../state/shots.js';
import { Icon } from './icons.js';

/** What can be done with what was learnt; `what` names it. */
export function AdapterButtons({ what }: { readonly what: string }) {
  return (
    <div class="row">
      <button type="button" class="button quiet" onClick={saveAdapter}>
        <Icon name="save" />
        Save {what}
      </button>
      <button type="button" class="button quiet" disabled={busy.value} onClick={() => setAdapter(undefined)}>
        <Icon name="trash" />
        Forget {what}
      </button>
    </div>
  );
}
