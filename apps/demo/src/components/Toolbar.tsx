import { isOutdated, shown } from '../state/shots.js';
import {
  canRedo,
  canUndo,
  duplicate,
  isFull,
  redo,
  removeObject,
  selectedId,
  snapping,
  undo,
} from '../state/studio.js';
import { showBoxes, showDetections, showPicture } from '../state/view.js';
import { IconButton, Switch } from './controls.js';

/** Under the canvas: what can be done, and what is shown. */
export function Toolbar() {
  const id = selectedId.value;
  const shot = shown.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Canvas">
      <IconButton icon="undo" label="Undo" keys="Control+Z" disabled={!canUndo.value} onClick={undo} />
      <IconButton icon="redo" label="Redo" keys="Control+Shift+Z" disabled={!canRedo.value} onClick={redo} />
      <span class="separator" />
      <IconButton
        icon="copy"
        label="Duplicate the box"
        keys="Control+D"
        disabled={id === undefined || isFull.value}
        onClick={() => id !== undefined && duplicate(id)}
      />
      <IconButton
        icon="trash"
        label="Delete the box"
        keys="Delete"
        disabled={id === undefined}
        onClick={() => id !== undefined && removeObject(id)}
      />
      <IconButton
        icon="magnet"
        label="Snap to the grid and to other boxes"
        pressed={snapping.value}
        onClick={() => {
          snapping.value = !snapping.value;
        }}
      />
      <span class="spring">
        {isOutdated.value && shot?.picture && (
          <span class="hint">The picture was made from other boxes or words.</span>
        )}
      </span>
      {shot?.picture && (
        <fieldset class="layers">
          <legend class="visually-hidden">Shown on the canvas</legend>
          <Switch label="Picture" checked={showPicture.value} onChange={(on) => (showPicture.value = on)} />
          <Switch label="Boxes" checked={showBoxes.value} onChange={(on) => (showBoxes.value = on)} />
          <Switch
            label="Detector"
            checked={showDetections.value}
            onChange={(on) => (showDetections.value = on)}
          />
        </fieldset>
      )}
    </div>
  );
}
