import { useEffect } from 'preact/hooks';
import {
  cancelDrag,
  draft,
  guides,
  isOwn,
  marquee,
  onDoubleClick,
  onPointerDown,
  onPointerLost,
  onPointerMove,
  onPointerUp,
} from '../canvas/pointer.js';
import { boxStyle } from '../canvas/style.js';
import { compared } from '../state/comparison.js';
import { nextColour, palette } from '../state/drawing.js';
import { judgedOf } from '../state/judging.js';
import { firstPicture } from '../state/sample.js';
import { isOpen, shown } from '../state/shots.js';
import { drawing } from '../state/studio.js';
import { focusPhrase, showBoxes, showDetections, showPicture } from '../state/view.js';
import { BoxView } from './BoxView.js';
import { ComparisonView } from './ComparisonView.js';
import { NameField } from './NameField.js';
import { openPictureMenu, PictureMenu } from './PictureMenu.js';
import { PictureView } from './PictureView.js';
import { SeenBoxes } from './SeenBoxes.js';

/** Where boxes are drawn, over the picture that is shown. */
export function Stage() {
  const { objects } = drawing.value;
  useEffect(() => () => void cancelDrag(), []);
  const shot = shown.value;
  const picture = showPicture.value ? shot?.picture : undefined;
  const pair = showPicture.value ? compared.value : undefined;
  const first = showPicture.value ? firstPicture.value : undefined;
  const empty = objects.length === 0 && !picture && !draft.value;
  return (
    <section
      class="stage"
      aria-label="Canvas"
      data-picture={picture !== undefined || first !== undefined}
      data-boxes={showBoxes.value}
      data-working={shot !== undefined && isOpen(shot)}
      // The focus goes where `onPointerDown` puts it.
      onMouseDown={(event) => {
        if (!isOwn(event.target)) event.preventDefault();
      }}
      onDblClick={onDoubleClick}
      onContextMenu={openPictureMenu}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={(event) => {
        const drawn = onPointerUp(event);
        if (drawn !== undefined) focusPhrase.value = drawn;
      }}
      onPointerCancel={onPointerLost}
      onLostPointerCapture={onPointerLost}
    >
      {pair && <ComparisonView left={pair[0]} right={pair[1]} />}
      {picture && shot && !pair && (
        <PictureView picture={picture} label={`Picture: ${shot.layout.prompt}, seed ${shot.seed}`} />
      )}
      {first && !picture && (
        <PictureView picture={first.picture} label={`Painted beforehand: ${first.layout.prompt}`} />
      )}
      {empty && (
        <div class="stage-empty">
          <span class="stage-empty-frame" aria-hidden="true" />
          <p class="stage-empty-title">Draw a box here</p>
          <p>Then say what stands in it. The later a box, the nearer it is.</p>
        </div>
      )}
      {showDetections.value && picture && !pair && shot && judgedOf(shot) && <SeenBoxes shot={shot} />}
      {objects.map((object, index) => (
        <BoxView key={object.id} object={object} index={index} />
      ))}
      {draft.value && (
        <div
          class="box draft"
          style={{ ...boxStyle(draft.value), '--colour': palette[nextColour(objects)]!.value }}
        />
      )}
      {marquee.value && <div class="marquee" style={boxStyle(marquee.value)} />}
      <NameField />
      <PictureMenu />
      {guides.value.x !== undefined && (
        <i class="guide vertical" style={{ left: `${guides.value.x * 100}%` }} />
      )}
      {guides.value.y !== undefined && <i class="guide" style={{ top: `${guides.value.y * 100}%` }} />}
      <p id="box-keys" class="visually-hidden">
        Arrow keys move the box, with Shift they resize it. Enter and F2 name it, Delete removes it, Control D
        duplicates it, Page Up and Page Down bring it to the front or the back. Space keeps it selected while
        Tab goes on to others, Control A selects all, Control C and Control V copy and paste.
      </p>
    </section>
  );
}
