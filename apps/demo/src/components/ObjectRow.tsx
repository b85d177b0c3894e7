import { colourOf, type DrawnObject, palette } from '../state/drawing.js';
import { duplicate, removeObjects } from '../state/group.js';
import { isSelected as isChosen, select, selectedIds } from '../state/selection.js';
import { drawing, editObject, errors, isFull, reorder, settle } from '../state/studio.js';
import { focusPhrase } from '../state/view.js';
import { shortened } from '../text/shortened.js';
import { IconButton } from './controls.js';
import { HoldField } from './HoldField.js';
import { PhraseField } from './PhraseField.js';

/** One object: its colour, its phrase, and what can be done with it. */
export function ObjectRow({ object, index }: { readonly object: DrawnObject; readonly index: number }) {
  const { id, phrase } = object;
  const isSelected = isChosen(id);
  const isOnly = isSelected && selectedIds.value.length === 1;
  const name = shortened(phrase) || `box ${index + 1}`;
  const last = drawing.value.objects.length - 1;
  return (
    <li class="object" data-selected={isSelected} style={{ '--colour': colourOf(object) }}>
      <select
        class="swatch"
        aria-label={`Colour of ${name}`}
        title="Colour"
        value={String(object.colour)}
        onChange={({ currentTarget }) => editObject(id, { colour: Number(currentTarget.value) })}
      >
        {palette.map((colour, i) => (
          <option key={colour.name} value={String(i)}>
            {colour.name}
          </option>
        ))}
      </select>
      <PhraseField
        label={`What stands in box ${index + 1}`}
        value={phrase}
        error={errors.value.phrases[index]}
        focused={focusPhrase.value === id}
        onInput={(value) => editObject(id, { phrase: value }, 'phrase')}
        onFocus={() => {
          if (!isChosen(id)) select(id);
        }}
        onCommit={() => {
          if (focusPhrase.value === id) focusPhrase.value = undefined;
          settle();
        }}
      />
      <span class="object-buttons">
        <IconButton
          icon="up"
          label={`Bring ${name} nearer`}
          disabled={index === last}
          onClick={() => reorder(id, 1)}
        />
        <IconButton
          icon="down"
          label={`Push ${name} back`}
          disabled={index === 0}
          onClick={() => reorder(id, -1)}
        />
        <IconButton
          icon="copy"
          label={`Duplicate ${name}`}
          disabled={isFull.value}
          onClick={() => duplicate([id])}
        />
        <IconButton icon="trash" label={`Delete ${name}`} onClick={() => removeObjects([id])} />
      </span>
      {isOnly && <HoldField object={object} name={name} />}
    </li>
  );
}
