import { divider, endComparison, type Side } from '../state/comparison.js';
import { removeKeepingFocus } from './focus.js';
import { PictureView } from './PictureView.js';

const keySteps: Readonly<Record<string, number>> = {
  ArrowLeft: -2,
  ArrowDown: -2,
  ArrowRight: 2,
  ArrowUp: 2,
  PageDown: -10,
  PageUp: 10,
  Home: -100,
  End: 100,
};

const place = (percent: number): void => {
  divider.value = Math.min(100, Math.max(0, Math.round(percent)));
};

function onKeyDown(event: KeyboardEvent): void {
  const by = keySteps[event.key];
  if (by !== undefined) place(divider.value + by);
  else if (event.key === 'Escape') removeKeepingFocus(event, endComparison);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function onPointerMove(event: PointerEvent): void {
  const handle = event.currentTarget as HTMLElement;
  if (!handle.hasPointerCapture(event.pointerId)) return;
  const { left, width } = handle.parentElement!.getBoundingClientRect();
  if (width > 0) place((100 * (event.clientX - left)) / width);
}

/** Two pictures, one over the other, with a divider that pointers and arrow keys move. */
export function ComparisonView({ left, right }: { readonly left: Side; readonly right: Side }) {
  const at = divider.value;
  return (
    <>
      {left.shot.picture && (
        <PictureView picture={left.shot.picture} label={`Picture, left: ${left.title}`} />
      )}
      {right.shot.picture && (
        <div class="comparison-right" style={{ clipPath: `inset(0 0 0 ${at}%)` }}>
          <PictureView picture={right.shot.picture} label={`Picture, right: ${right.title}`} />
        </div>
      )}
      <span class="side-tag">{left.title}</span>
      <span class="side-tag right">{right.title}</span>
      <div
        data-own
        class="divider"
        role="slider"
        tabIndex={0}
        aria-label={`Divider between ${left.title} and ${right.title}`}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={at}
        aria-valuetext={`${at} % ${left.title}, ${100 - at} % ${right.title}`}
        style={{ left: `${at}%` }}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          event.currentTarget.focus({ preventScroll: true });
          event.preventDefault();
          event.stopPropagation();
        }}
        onPointerMove={onPointerMove}
      />
    </>
  );
}
