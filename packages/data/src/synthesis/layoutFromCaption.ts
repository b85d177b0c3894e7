// Boxes for what a caption names, where nobody drew any.

import { type Box, iou, type Layout, MAX_OBJECTS } from '@spatiallock/core';
import { checkCallback, checkFunction, checkNumber, checkObject, checkWhole } from '@spatiallock/core/checks';
import { random } from '@spatiallock/core/nn';
import { drawBox } from './drawBox.js';
import { type LabelOf, type NamedThings, namedThings } from './namedThings.js';

/** Options of `layoutFromCaption`. */
export interface CaptionLayoutOptions {
  /** Which words name things, such as those of a model's detector. */
  readonly labelOf: LabelOf;
  /** The usual width over height of what has a label; default 1. */
  readonly aspectOf?: ((label: string) => number | undefined) | undefined;
  /** Decides the places. */
  readonly seed: number;
  /** Called where the caption names more things than a layout holds; the last ones have no box then. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** Of one object alone, as a share of the picture's side; n objects share its area. */
const SIDE = [0.36, 0.46] as const;
const ASPECT = { min: 0.01, max: 100 };
/** About the usual aspect ratio. */
const STRETCH = [0.9, 1.1] as const;
/** Boxes are made smaller by it until all have room. */
const SHRINK = 0.9;

/**
 * A layout with a box for each thing that a caption names, as `namedThings` reads it: at random places, none over another, the
 * more things the smaller. It has no objects where the caption names none, and of more than a layout may have the first ones. The
 * same seed gives the same boxes. (Text to layout to image in two stages, as in arXiv 2305.13655, by rules in place of a language
 * model; the sizes are our choice.)
 */
export function layoutFromCaption(caption: string, options: CaptionLayoutOptions): Layout {
  const { labelOf, aspectOf, seed, onWarning } = checkObject(
    options,
    'options',
  ) as unknown as CaptionLayoutOptions;
  checkFunction(labelOf, 'options.labelOf');
  checkCallback(aspectOf, 'options.aspectOf');
  checkCallback(onWarning, 'options.onWarning');
  checkWhole(seed, { min: 0, max: Number.MAX_SAFE_INTEGER }, 'options.seed');
  const things = namedThings(caption, labelOf);
  const count = things.reduce((sum, thing) => sum + thing.count, 0);
  if (count > MAX_OBJECTS) {
    onWarning?.(
      `the caption names ${count} things; the first ${MAX_OBJECTS} have boxes, the most of a layout; name fewer`,
    );
  }
  const named = things
    .flatMap((thing) => new Array<NamedThings>(Math.min(thing.count, MAX_OBJECTS)).fill(thing))
    .slice(0, MAX_OBJECTS);
  const boxes = placed(
    named.map(({ label }) => checkNumber(aspectOf?.(label) ?? 1, ASPECT, `options.aspectOf: of ${label}`)),
    seed,
  );
  return { prompt: caption, objects: named.map(({ phrase }, i) => ({ phrase, box: boxes[i]! })) };
}

/** A box for each aspect ratio. */
function placed(aspects: readonly number[], seed: number): Box[] {
  const rng = random(seed);
  for (let scale = 1 / Math.sqrt(aspects.length); ; scale *= SHRINK) {
    const size = [SIDE[0] * scale, SIDE[1] * scale] as const;
    const boxes: Box[] = [];
    for (const usual of aspects) {
      const aspect = [STRETCH[0] * usual, STRETCH[1] * usual] as const;
      const box = drawBox({ size, aspect }, rng, (fresh) => boxes.every((other) => iou(other, fresh) === 0));
      if (!box) break;
      boxes.push(box);
    }
    if (boxes.length === aspects.length) return boxes;
  }
}
