import { copySelection, pasteCopied } from '../state/clipboard.js';
import { duplicate, removeObjects } from '../state/group.js';
import { isSelecting, selectedIds } from '../state/selection.js';
import { isOutdated, shown } from '../state/shots.js';
import { canRedo, canUndo, isFull, redo, snapping, undo } from '../state/studio.js';
import { showBoxes, showDetections, showPicture } from '../state/view.js';
import { IconButton, Switch } from './controls.js';

/** Under the canvas: what can be done, and what is shown. */
export function Toolbar() {
  const ids = selectedIds.value;
  const these = ids.length > 1 ? `the ${ids.length} boxes` : 'the box';
  const shot = shown.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Canvas">
      <IconButton icon="undo" label="Undo" keys="Control+Z" disabled={!canUndo.value} onClick={undo} />
      <IconButton icon="redo" label="Redo" keys="Control+Shift+Z" disabled={!canRedo.value} onClick={redo} />
      <span class="separator" />
      <IconButton
        icon="marquee"
        label="Select several"
        pressed={isSelecting.value}
        onClick={() => {
          isSelecting.value = !isSelecting.value;
        }}
      />
      <IconButton
        icon="copy"
        label={`Duplicate ${these}`}
        keys="Control+D"
        disabled={ids.length === 0 || isFull.value}
        onClick={() => duplicate(ids)}
      />
      <IconButton
        icon="clip"
        label={`Copy ${these}`}
        keys="Control+C"
        disabled={ids.length === 0}
        onClick={() => void copySelection()}
      />
      <IconButton
        icon="paste"
        label="Paste"
        keys="Control+V"
        disabled={isFull.value}
        onClick={() => void pasteCopied()}
      />
      <IconButton
        icon="trash"
        label={`Delete ${these}`}
        keys="Delete"
        disabled={ids.length === 0}
        onClick={() => removeObjects(ids)}
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
