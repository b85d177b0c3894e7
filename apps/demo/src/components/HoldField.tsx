import type { DrawnObject, Hold } from '../state/drawing.js';
import { editObject } from '../state/studio.js';
import { Slider } from './controls.js';

/** Percent; one step is the least that a hold lasts. */
const RANGE = { min: 0, max: 100, step: 5 };

/** From which step until which an object is held to its box, in percent of the steps. */
export function HoldField({ object, name }: { readonly object: DrawnObject; readonly name: string }) {
  const [from, until] = (object.hold ?? [0, 1]).map((share) => Math.round(share * 100)) as [number, number];
  const set = (next: Hold): void => {
    const isWhole = next[0] === 0 && next[1] === 1;
    editObject(object.id, { hold: isWhole ? undefined : next }, 'hold');
  };
  return (
    <div class="hold">
      <Slider
        label={`Hold ${name} from`}
        value={from}
        range={{ ...RANGE, max: 95 }}
        shown={`${from} % of the steps`}
        onInput={(value) => set([value / 100, Math.max(until, value + RANGE.step) / 100])}
      />
      <Slider
        label={`Hold ${name} until`}
        value={until}
        range={{ ...RANGE, min: 5 }}
        shown={`${until} % of the steps`}
        onInput={(value) => set([Math.min(from, value - RANGE.step) / 100, value / 100])}
      />
    </div>
  );
}
