import { boxStyle } from '../canvas/style.js';
import { judgedOf } from '../state/judging.js';
import type { Shot } from '../state/shots.js';
import { keyed } from './keyed.js';

/** What the detector sees in a picture, with how well it covers the box asked for. */
export function SeenBoxes({ shot }: { readonly shot: Shot }) {
  const seen = (judgedOf(shot) ?? []).flatMap(({ detector }) => (detector ? [detector] : []));
  return (
    <div class="seen-boxes" aria-hidden="true">
      {keyed(seen, ({ box }) => box.join()).map(({ key, item: { box, iou, label } }) => (
        <div key={key} class="seen" style={boxStyle(box)}>
          <span class="seen-tag" data-inside={box[3] > 0.94}>
            {label} {iou.toFixed(2)}
          </span>
        </div>
      ))}
    </div>
  );
}
