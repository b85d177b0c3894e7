import { device, isReady, load } from '../state/engine.js';
import { limits } from '../state/settings.js';
import { busy, cancelAll, generate } from '../state/shots.js';
import { drawing, hindrance, setSetting, settings } from '../state/studio.js';
import { IconButton, Slider, Switch } from './controls.js';
import { Icon } from './icons.js';
import { LoadBar } from './LoadBar.js';

const rollDice = (): void => setSetting('seed', Math.floor(Math.random() * (limits.seed.max + 1)));

/** Makes pictures of what is on the canvas, if it can be done now. */
export function makePictures(): void {
  if (isReady.value && !busy.value && hindrance.value === undefined) generate(drawing.value, settings.value);
}

/** The button, always in sight. */
export function GenerateBar() {
  const { pictures, compare } = settings.value;
  const why = hindrance.value;
  return (
    <section class="panel generate-bar" aria-label="Make pictures">
      {load.value.phase === 'ready' || <LoadBar state={load.value} device={device.value} />}
      {busy.value ? (
        <button type="button" class="button primary stop" onClick={cancelAll}>
          <Icon name="stop" />
          Cancel
        </button>
      ) : (
        <button
          type="button"
          class="button primary"
          aria-describedby="generate-hint"
          aria-keyshortcuts="Control+Enter"
          disabled={!isReady.value || why !== undefined}
          onClick={makePictures}
        >
          {compare ? 'Make all three' : pictures === 1 ? 'Make the picture' : `Make ${pictures} pictures`}
        </button>
      )}
      <p id="generate-hint" class="hint" aria-live="polite">
        {busy.value ? 'Computing in this tab; nothing leaves it.' : (why ?? 'Ctrl + Enter does the same.')}
      </p>
    </section>
  );
}

/** What is most often changed between two presses of the button. */
export function SeedPanel() {
  const { seed, pictures, compare } = settings.value;
  return (
    <section class="panel" aria-label="Seed and number of pictures">
      <div class="seed-row">
        <div class="field seed">
          <label for="seed">Seed</label>
          <input
            id="seed"
            type="number"
            inputMode="numeric"
            min={limits.seed.min}
            max={limits.seed.max}
            value={seed}
            onInput={({ currentTarget }) => {
              const given = currentTarget.valueAsNumber;
              if (Number.isInteger(given) && given >= 0 && given <= limits.seed.max)
                setSetting('seed', given);
            }}
          />
        </div>
        <IconButton icon="dice" label="Roll a new seed" onClick={rollDice} />
        <Slider
          label="Pictures"
          value={pictures}
          range={limits.pictures}
          onInput={(value) => setSetting('pictures', value)}
          {...(compare ? { shown: '3' } : {})}
        />
      </div>
      <Switch
        checked={compare}
        onChange={(checked) => setSetting('compare', checked)}
        label="Compare PoI off, PoI, PoI + PoG on this seed"
      />
    </section>
  );
}
