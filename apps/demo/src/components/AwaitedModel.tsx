import { awaited, openModel } from '../state/engine.js';
import { reopen, reopening } from '../state/keptModel.js';
import { shortened } from '../text/shortened.js';
import { Icon } from './icons.js';
import { OpenModelButton } from './OpenModelButton.js';

/** A model of the visitor's that was open before the page was loaded anew: nothing is painted before somebody chooses. */
export function AwaitedModel() {
  const name = shortened(awaited.value ?? 'The model');
  const { kind = 'folder', picked } = reopening.value ?? {};
  return (
    <div class="load-awaited" role="status">
      <p>
        <strong>{name} was open before.</strong>{' '}
        {picked
          ? 'The browser asks before its files are read again.'
          : 'Its files have to be picked again, for the browser does not keep them.'}{' '}
        What is drawn stays as it is.
      </p>
      {picked ? (
        <button type="button" class="button quiet" onClick={() => void reopen()}>
          <Icon name="open" />
          Open {name} again
        </button>
      ) : (
        <OpenModelButton kind={kind} label={`Open ${name} again`} />
      )}
      <button type="button" class="button quiet" onClick={() => openModel(undefined)}>
        The model of this page
      </button>
    </div>
  );
}
