import { boxCaption } from '../state/captionBoxes.js';
import { finding } from '../state/deviceChoice.js';
import { device, isReady, load } from '../state/engine.js';
import { type Progress, progress } from '../state/progress.js';
import { limits, modeNames } from '../state/settings.js';
import { busy, cancelAll, generate } from '../state/shots.js';
import {
  canGuide,
  drawing,
  hindrance,
  seedError,
  setSetting,
  settings,
  typedSeed,
  typeSeed,
} from '../state/studio.js';
import { IconButton, Slider, Switch } from './controls.js';
import { Icon } from './icons.js';
import { LoadBar } from './LoadBar.js';

/** Rolled seeds stay short. */
const DICE = 1_000_000;

const rollDice = (): void => setSetting('seed', Math.floor(Math.random() * DICE));

/** Makes pictures of what is on the canvas, if it can be done now. */
export function makePictures(): void {
  if (!isReady.value || busy.value || hindrance.value !== undefined) return;
  boxCaption();
  generate(drawing.value, settings.value);
}

/** The button, always in sight. */
export function GenerateBar() {
  const { pictures, compare } = settings.value;
  const why = hindrance.value;
  return (
    <section class="panel generate-bar" aria-label="Make pictures">
      {load.value.phase === 'ready' || <LoadBar state={load.value} device={device.value} />}
      {progress.value && <WorkBar {...progress.value} />}
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
          {compare
            ? `Make ${canGuide.value ? 'all three' : 'both'}`
            : pictures === 1
              ? 'Make the picture'
              : `Make ${pictures} pictures`}
        </button>
      )}
      <Switch
        checked={settings.value.live}
        onChange={(checked) => setSetting('live', checked)}
        label="Live: the picture follows the boxes"
      />
      <p id="generate-hint" class="hint">
        {busy.value ? 'Computing in this tab; nothing leaves it.' : (why ?? 'Ctrl + Enter does the same.')}
      </p>
      {finding.value !== '' && (
        <p class="hint" data-testid="device-found">
          {finding.value}
        </p>
      )}
    </section>
  );
}

/** How far the pictures are. */
function WorkBar({ text, share }: Progress) {
  return (
    <div class="load-bar work-bar">
      <label for="work-progress">{text}</label>
      <progress id="work-progress" max={1} value={share} />
    </div>
  );
}

const { off, held, guided } = modeNames;

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
            data-undo="own"
            type="text"
            inputMode="numeric"
            autocomplete="off"
            value={typedSeed.value ?? seed}
            aria-invalid={seedError.value !== undefined}
            aria-describedby={seedError.value === undefined ? undefined : 'seed-error'}
            onInput={({ currentTarget }) => typeSeed(currentTarget.value)}
          />
        </div>
        <IconButton icon="dice" label="Roll a new seed" onClick={rollDice} />
        <Slider
          label="Pictures"
          value={pictures}
          range={limits.pictures}
          onInput={(value) => setSetting('pictures', value)}
          {...(compare ? { shown: canGuide.value ? '3' : '2' } : {})}
        />
      </div>
      {seedError.value !== undefined && (
        <p id="seed-error" class="field-error">
          {seedError.value}
        </p>
      )}
      <Switch
        checked={compare}
        onChange={(checked) => setSetting('compare', checked)}
        label={`Compare ${[off, held, ...(canGuide.value ? [guided] : [])].join(', ')} on this seed`}
      />
    </section>
  );
}
