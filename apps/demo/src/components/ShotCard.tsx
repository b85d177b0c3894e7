import { judgedOf } from '../state/judging.js';
import { meanIou, millisecondsPerStep, titleOf } from '../state/shotFacts.js';
import { isOpen, remove, type Shot, show, shownId } from '../state/shots.js';
import { showPicture } from '../state/view.js';
import { IconButton } from './controls.js';
import { PictureView } from './PictureView.js';

/** Cards are 150 to 300 points wide. */
const CARD_SCALE = 2;

const statusText = (shot: Shot): string => {
  const { status, stepIndex, calls, message } = shot;
  switch (status) {
    case 'waiting':
      return 'waiting';
    case 'compiling':
      return 'preparing the network';
    case 'running':
      return `step ${stepIndex} of ${calls}`;
    case 'cancelled':
      return `cancelled after ${stepIndex} of ${calls}`;
    case 'failed':
      return message ?? 'failed';
    case 'done': {
      const mean = meanIou(judgedOf(shot) ?? []);
      return mean === undefined ? 'done' : `mean IoU ${mean.toFixed(2)}`;
    }
  }
};

/** One picture of the gallery; it can be put on the canvas. */
export function ShotCard({ shot }: { readonly shot: Shot }) {
  const { id, status, stepIndex, calls, picture } = shot;
  const pace = millisecondsPerStep(shot);
  const title = titleOf(shot);
  return (
    <li class="shot" data-status={status} data-shown={shownId.value === id}>
      <button
        type="button"
        class="shot-picture"
        aria-label={`Show ${title} on the canvas, ${statusText(shot)}`}
        aria-pressed={shownId.value === id}
        onClick={() => {
          show(id);
          showPicture.value = true;
        }}
      >
        {picture ? <PictureView picture={picture} mostScale={CARD_SCALE} /> : <span class="shot-blank" />}
        {isOpen(shot) && (
          <progress class="shot-progress" max={calls} value={stepIndex} aria-label={`${title}: steps`} />
        )}
      </button>
      <div class="shot-text">
        <span class="shot-title">{title}</span>
        <span class="shot-status">{statusText(shot)}</span>
        {pace !== undefined && <span class="shot-pace">{Math.round(pace)} ms per step</span>}
      </div>
      <IconButton icon="close" label={`Remove ${title}`} onClick={() => remove(id)} />
    </li>
  );
}
