import { wordsOf } from '../state/adapterFile.js';
import { adapter, awaited, facts, given, load, openModel } from '../state/engine.js';
import { addFiles, hasAdded, openAddress, removeAdded, typedAddress, WEIGHTS } from '../state/ownModel.js';
import { isPainting } from '../state/painting.js';
import { chosenSide, sides, usableSide } from '../state/source.js';
import { AdapterButtons, AdaptersAside } from './AdapterButtons.js';
import { FilesButton } from './controls.js';
import { Icon } from './icons.js';
import { OpenModelButton } from './OpenModelButton.js';

/** Which model paints: the page's own, or one that the visitor has. */
export function ModelPanel() {
  const own = facts.value?.own;
  return (
    <details class="panel fold">
      <summary>
        <h2>Model</h2>
      </summary>
      <div data-testid="model">
        <p>
          <strong>{titleOf()}</strong>
        </p>
        {own && <p>{own.title}</p>}
        {own && (
          <ul class="model-lines">
            {own.lines.map((line) => (
              <li key={line} class="hint">
                {line}
              </li>
            ))}
          </ul>
        )}
      </div>
      {adapter.value && !given.value && <AdapterSummary words={wordsOf(adapter.value)} />}
      <AdaptersAside />
      {own && <SideField />}
      <fieldset class="row" disabled={isPainting.value}>
        <legend class="visually-hidden">Open a model of your own</legend>
        <OpenModelButton kind="folder" label="Open a folder" />
        <OpenModelButton kind="files" label="Open a file" />
        {own && (
          <FilesButton
            label="Add files"
            icon="plus"
            kind="files"
            accept={WEIGHTS.join()}
            onFiles={addFiles}
          />
        )}
        {hasAdded.value && (
          <button type="button" class="button quiet" onClick={removeAdded}>
            <Icon name="undo" />
            Remove added files
          </button>
        )}
        {(given.value || awaited.value !== undefined) && (
          <button type="button" class="button quiet" onClick={() => openModel(undefined)}>
            <Icon name="undo" />
            The page's own model
          </button>
        )}
      </fieldset>
      <form
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          openAddress();
        }}
      >
        <label for="model-address">Or an address</label>
        <div class="row">
          <input
            id="model-address"
            data-undo="own"
            type="url"
            inputMode="url"
            placeholder="https://huggingface.co/owner/name"
            value={typedAddress.value}
            onInput={({ currentTarget }) => {
              typedAddress.value = currentTarget.value;
            }}
          />
          <button
            type="submit"
            class="button quiet"
            disabled={isPainting.value || isLoading() || typedAddress.value.trim() === ''}
          >
            <Icon name="save" />
            Download
          </button>
        </div>
      </form>
      <p class="hint">
        Stable Diffusion 1.x and 2.x: a folder as diffusers writes it, or a .safetensors file, with grounding
        layers beside it or without; or an adapter of this page's model. Files are read in this tab and go
        nowhere; what an address gives is kept in this browser, and goes on where it was cut.
      </p>
    </details>
  );
}

/** What was learnt and is laid over the page's own model. */
function AdapterSummary({ words }: { readonly words: string }) {
  return (
    <>
      <p class="hint" data-testid="adapter">
        With what was learnt{words === '' ? '' : `: ${words}`}.
      </p>
      <AdapterButtons what="the adapter" />
    </>
  );
}

function titleOf(): string {
  if (given.value) return facts.value?.name ?? 'Your model';
  return awaited.value === undefined ? 'The model of this page' : `${awaited.value}, which is not open yet`;
}

const isLoading = (): boolean => ['loading', 'preparing'].includes(load.value.phase);

/** How large pictures are; smaller ones are faster. */
function SideField() {
  const all = sides.value;
  return (
    <div class="field">
      <label for="model-side">Size of pictures</label>
      <select
        id="model-side"
        value={usableSide.value ?? all[0]}
        onChange={({ currentTarget }) => {
          chosenSide.value = Number(currentTarget.value);
        }}
      >
        {all.map((side, i) => (
          <option key={side} value={side}>
            {side} x {side}
            {i === 0 ? ", the model's own" : ''}
          </option>
        ))}
      </select>
    </div>
  );
}
