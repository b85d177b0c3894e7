import { type Box, iou as boxIou } from '@spatiallock/core';
import { checkList, checkObject } from '@spatiallock/core/checks';
import { type SceneRandom, sceneRandom } from '@spatiallock/scenes/web';
import { backgroundNames, backgrounds } from './backgrounds.js';
import { captionOf, nameOf, phraseOf } from './captions.js';
import { classes } from './classes.js';
import { boxInside, type Placed, shapes, visibleFraction } from './shape.js';
import { allowedClasses, type Pairs, type Split } from './split.js';
import { type Spread, spreadOf, type Variety } from './variety.js';

/** One object of a planned scene. */
export interface PlannedObject {
  /** Index into `classes`, 0..63. */
  readonly index: number;
  readonly label: string;
  /** Natural English for this object, such as "the puppy". */
  readonly phrase: string;
  /** The object's whole alpha box, also where something in front hides it; corners in 0..1. */
  readonly box: Box;
  readonly flip: boolean;
  /** The fraction of the object that nothing in front hides, 0.65..1, from a 16 x 16 grid of its alpha. */
  readonly visible: number;
}

/** A scene without pixels: plain data, the same for the same seed and options. */
export interface ScenePlan {
  readonly seed: number;
  readonly split: Split;
  readonly caption: string;
  readonly background: string;
  readonly backgroundSeed: number;
  /** Back to front. */
  readonly objects: readonly PlannedObject[];
}

/** Options of `planScene`. */
export interface PlanOptions {
  /** Default 'train'. */
  readonly split?: Split;
  /** Default 'seen'; the split 'train' allows no other. */
  readonly pairs?: Pairs;
  /** A background's name; drawn at random when absent. */
  readonly background?: string;
  /** Number of objects, 1..6; drawn at random, mostly 1 to 4, when absent. */
  readonly count?: number;
  /** How much boxes differ; default 'plain'. */
  readonly variety?: Variety;
}

/** The limits that every scene keeps, of whatever variety. */
export const limits = {
  maxObjects: 6,
  /** Geometric mean of width and height, as a fraction of the side. */
  maxSide: 0.6,
  maxIou: 0.2,
  /** At most this part of the smaller of two boxes lies in the larger one. */
  maxInside: 0.5,
  minVisible: 0.65,
} as const;

const margin = 0.008;
const tries = 48;
/** The side that crowded pictures may always take, as a multiple of the least. */
const crowdedSide = 1.25;

function randomBox(rng: SceneRandom, aspect: number, maxSide: number, spread: Spread): Box | undefined {
  const side = rng.logUniform(spread.minSide, maxSide);
  const stretch = Math.sqrt(aspect * rng.logUniform(spread.minStretch, spread.maxStretch));
  const [width, height] = [side * stretch, side / stretch];
  if (Math.max(width, height) > 1 - 2 * margin) return undefined;
  const x0 = rng.uniform(margin, 1 - margin - width);
  const y0 = rng.uniform(margin, 1 - margin - height);
  return [x0, y0, x0 + width, y0 + height];
}

const compatible = (a: Box, b: Box): boolean =>
  boxIou(a, b) <= limits.maxIou && boxInside(a, b) <= limits.maxInside;

/** Puts a class in front of what stands already, or gives up: no room that keeps the limits was found. */
function place(
  rng: SceneRandom,
  index: number,
  behind: readonly Placed[],
  spread: Spread,
): Placed | undefined {
  const shape = shapes[index];
  for (let k = 0; k < tries; k++) {
    // Crowded pictures take smaller objects.
    const maxSide = Math.max(crowdedSide * spread.minSide, limits.maxSide * 0.985 ** (k * behind.length));
    const box = randomBox(rng, shape.aspect, maxSide, spread);
    if (!box || behind.some((other) => !compatible(other.box, box))) continue;
    const placed: Placed = { shape, box, flip: rng.chance(0.5) };
    const all = [...behind, placed];
    if (behind.every((other, i) => visibleFraction(other, all.slice(i + 1)) >= limits.minVisible))
      return placed;
  }
  return undefined;
}

function chooseBackground(rng: SceneRandom, name: string | undefined): number {
  const drawn = rng.between(0, backgrounds.length - 1);
  if (name === undefined) return drawn;
  const index = backgroundNames.indexOf(name);
  if (index < 0)
    throw new Error(`background: "${name}" is unknown; use one of ${backgroundNames.join(', ')}`);
  return index;
}

function chooseCount(rng: SceneRandom, count: number | undefined, spread: Spread): number {
  const drawn = 1 + rng.weighted(spread.countWeights);
  if (count === undefined) return drawn;
  if (!Number.isInteger(count) || count < 1 || count > limits.maxObjects) {
    throw new Error(`count: ${count} must be an integer in 1..${limits.maxObjects}`);
  }
  return count;
}

/** Distinct classes; a later object repeats an earlier class with the spread's probability. */
function chooseClasses(
  rng: SceneRandom,
  count: number,
  allowed: readonly number[],
  { repeatChance }: Spread,
): number[] {
  const shuffled = rng.shuffle(allowed);
  const chosen: number[] = [];
  while (chosen.length < count) {
    const repeats = chosen.length > 0 && rng.chance(repeatChance);
    chosen.push(repeats ? rng.pick(chosen) : shuffled[chosen.length]);
  }
  return chosen;
}

/**
 * Plans the scene of a seed (an integer in 0..2^53 - 1) without any art: classes, boxes, phrases, caption, background.
 * Scenes of the two splits never share a stream of random numbers. A scene holds fewer objects than asked for
 * when there is no room left within `limits`. Throws on options out of range.
 */
export function planScene(seed: number, options: PlanOptions = {}): ScenePlan {
  const { split = 'train', pairs = 'seen' } = options;
  if (split === 'train' && pairs !== 'seen') {
    throw new Error(`pairs: training shows 'seen' pairs only, not '${pairs}'; use split 'heldout'`);
  }
  const spread = spreadOf(options.variety ?? 'plain', seed);
  const rng = sceneRandom(seed, `scene ${split}`);
  const backgroundIndex = chooseBackground(rng, options.background);
  const count = chooseCount(rng, options.count, spread);
  const indices = chooseClasses(rng, count, allowedClasses(backgroundIndex, pairs), spread);

  const placed: Placed[] = [];
  const placedClasses: number[] = [];
  for (const index of indices) {
    const next = place(rng, index, placed, spread);
    if (!next) continue;
    placed.push(next);
    placedClasses.push(index);
  }

  const words = sceneRandom(seed, `words ${split}`);
  const namings = placedClasses.map((index) => nameOf(classes[index], words));
  const background = backgrounds[backgroundIndex];
  return {
    seed,
    split,
    caption: captionOf(namings, background, words),
    background: background.name,
    backgroundSeed: rng.bits(),
    objects: placed.map(({ box, flip }, i) => ({
      index: placedClasses[i],
      label: classes[placedClasses[i]].label,
      phrase: phraseOf(classes[placedClasses[i]], words, namings[i]),
      box,
      flip,
      visible: visibleFraction(placed[i], placed.slice(i + 1)),
    })),
  };
}

/** What a user would ask for: a prompt and boxes with phrases, back to front. */
export interface SceneLayout {
  readonly prompt: string;
  readonly background: string;
  readonly objects: readonly { readonly phrase: string; readonly label: string; readonly box: Box }[];
}

/** What a pipeline takes of a layout: the prompt, and phrases with boxes. */
export function askedOf(layout: Pick<SceneLayout, 'prompt' | 'objects'>) {
  checkList(checkObject(layout, 'layout').objects, 'layout.objects', 'objects').forEach((each, i) => {
    checkObject(each, `layout.objects[${i}]`);
  });
  const { prompt, objects } = layout;
  return { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
}

/** The layout of the held-out scene of a seed: training never sees it. */
export function heldOutLayout(seed: number, options: Omit<PlanOptions, 'split'> = {}): SceneLayout {
  const { caption, background, objects } = planScene(seed, { ...options, split: 'heldout' });
  return {
    prompt: caption,
    background,
    objects: objects.map(({ phrase, label, box }) => ({ phrase, label, box })),
  };
}
