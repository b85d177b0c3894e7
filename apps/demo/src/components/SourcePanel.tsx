import { isPainted } from '../pictures/pictureFile.js';
import { isSelected } from '../state/selection.js';
import { titleOf } from '../state/shotFacts.js';
import { shown } from '../state/shots.js';
import {
  dropStart,
  type Extent,
  extent,
  imageStrength,
  startFrom,
  startFromFile,
  startPicture,
  startPreview,
  strengthLimits,
} from '../state/source.js';
import { drawing } from '../state/studio.js';
import { FileButton, Slider } from './controls.js';
import { removeKeepingFocus } from './focus.js';
import { Icon } from './icons.js';
import { PictureView } from './PictureView.js';

const extents: readonly { readonly id: Extent; readonly title: string }[] = [
  { id: 'boxes', title: 'What lies in the boxes; all else stays as it is' },
  { id: 'whole', title: 'All of it' },
];

/** A picture to paint over: one object is changed and the rest kept, or all of it is painted anew. */
export function SourcePanel() {
  const start = startPicture.value;
  const shot = shown.value;
  return (
    <details class="panel fold">
      <summary>
        <h2>Paint over a picture</h2>
      </summary>
      {start && startPreview.value && (
        <div class="start-picture">
          <PictureView picture={startPreview.value} label={`Painted over: ${start.title}`} />
        </div>
      )}
      <div class="row">
        <button
          type="button"
          class="button quiet"
          disabled={shot?.status !== 'done' || !isPainted(shot)}
          onClick={() => isPainted(shot) && startFrom(shot.picture, titleOf(shot))}
        >
          <Icon name="copy" />
          Paint over this picture
        </button>
        <FileButton
          label="Open a picture"
          icon="open"
          accept="image/*"
          onFile={(file) => void startFromFile(file)}
        />
        {start && (
          <button
            type="button"
            class="button quiet"
            onClick={(event) => removeKeepingFocus(event, dropStart)}
          >
            <Icon name="close" />
            From noise again
          </button>
        )}
      </div>
      {start && (
        <fieldset class="devices">
          <legend>Painted anew</legend>
          {extents.map(({ id, title }) => (
            <label key={id} class="device">
              <input
                type="radio"
                name="extent"
                value={id}
                checked={extent.value === id}
                onChange={() => {
                  extent.value = id;
                }}
              />
              <span>{title}</span>
            </label>
          ))}
        </fieldset>
      )}
      {start && extent.value === 'boxes' && <p class="hint">{anewText()}</p>}
      {start && extent.value === 'whole' && (
        <Slider
          label="How far from it"
          value={imageStrength.value}
          range={strengthLimits}
          onInput={(value) => {
            imageStrength.value = value;
          }}
          hint="Little keeps the picture, 1 leaves hardly anything of it."
        />
      )}
      {!start && (
        <p class="hint">
          Any picture may be dropped on the page. Change one object of it, and keep the rest.
        </p>
      )}
    </details>
  );
}

/** Which boxes are painted anew. */
function anewText(): string {
  const { objects } = drawing.value;
  const numbered = objects.map(({ id, phrase }, i) => ({ id, name: phrase.trim() || `box ${i + 1}` }));
  const selected = numbered.filter(({ id }) => isSelected(id));
  if (objects.length === 0) return 'Draw a box around what is painted anew, and say what should stand there.';
  if (selected.length === 0 || selected.length === objects.length) {
    return objects.length === 1
      ? 'The box is painted anew.'
      : 'All boxes are painted anew; select one to change it alone.';
  }
  return `Painted anew: ${selected.map(({ name }) => name).join(', ')}. The other boxes stay as they are.`;
}
