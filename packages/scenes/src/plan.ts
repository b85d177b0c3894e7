import type { Box } from '@spatiallock/core';
import { checkChoice, checkKeys, checkObject, checkObjects } from '@spatiallock/core/checks';
import { type Background, backgroundNames, backgrounds } from './backgrounds.js';
import { captionOf, nameOf, phraseOf } from './captions.js';
import { classes } from './classes.js';
import type { ColourWord } from './colours/rule.js';
import { limits } from './limits.js';
import { place } from './place.js';
import { type SceneRandom, sceneRandom } from './random.js';
import { type Placed, visibleFraction } from './shape.js';
import { allowedClasses, coloursFor, type PairChoice, type Pairs, type Split, splits } from './split.js';
import { type Spread, spreadOf, type Variety } from './variety.js';

/** One object of a planned scene. */
export interface PlannedObject {
  /** Index into `classes`. */
  readonly index: number;
  readonly label: string;
  /** The colour word that is true of it and part of its phrase; absent: the picture's own colours, unnamed. */
  readonly colour?: ColourWord;
  /** Natural English for this object, such as "the blue puppy". */
  readonly phrase: string;
  /** The object's whole alpha box, also where something in front hides it; corners in 0..1. */
  readonly box: Box;
  readonly flip: boolean;
  /** The fraction of the object that nothing in front hides, from a 16 x 16 grid of its alpha. */
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
  /** For all kinds of pairs, or each by itself. Default 'seen'; the split 'train' allows no other. */
  readonly pairs?: Pairs | PairChoice;
  /** A background's name; drawn at random when absent. */
  readonly background?: string;
  /** Number of objects, 1..8; drawn at random when absent. */
  readonly count?: number;
  /** How much boxes differ; default 'plain'. */
  readonly variety?: Variety;
}

const COLOURED = 0.34;
/** Captions of training now and then leave the background out; captions of other splits always name it. */
const BACKGROUND_UNNAMED = 0.08;

const PAIR_KINDS = ['background', 'colour', 'overlap'] as const satisfies readonly (keyof PairChoice)[];
const allKinds = (pairs: Pairs): PairChoice => ({ background: pairs, colour: pairs, overlap: pairs });

function pairChoice(split: Split, pairs: Pairs | PairChoice): Required<PairChoice> {
  const {
    background = 'seen',
    colour = 'seen',
    overlap = 'seen',
  } = typeof pairs === 'string' ? allKinds(pairs) : (checkKeys(pairs, PAIR_KINDS, 'pairs') as PairChoice);
  for (const kind of [background, colour, overlap]) {
    if (!['seen', 'unseen', 'any'].includes(kind))
      throw new Error(`pairs: "${kind}" is unknown; use one of seen, unseen, any`);
    if (split === 'train' && kind !== 'seen')
      throw new Error(`pairs: training shows 'seen' pairs only, not '${kind}'; use split 'heldout'`);
  }
  return { background, colour, overlap };
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
    chosen.push(repeats ? rng.pick(chosen) : shuffled[chosen.length % shuffled.length]);
  }
  return chosen;
}

/** A third of the objects wear a colour; of those, repeated classes often the colour of the one before. */
function chooseColours(
  rng: SceneRandom,
  indices: readonly number[],
  background: Background,
  pairs: Pairs,
): (ColourWord | undefined)[] {
  const chosen: (ColourWord | undefined)[] = [];
  for (const [i, index] of indices.entries()) {
    const visible = coloursFor(index, pairs).filter((colour) => !background.hides?.includes(colour));
    const twin = indices.indexOf(index);
    if (twin < i && rng.chance(0.4)) chosen.push(chosen[twin]);
    else chosen.push(rng.chance(COLOURED) && visible.length > 0 ? rng.pick(visible) : undefined);
  }
  return chosen;
}

/**
 * Plans the scene of a seed (an integer in 0..2^53 - 1) without any art: classes, colours, boxes, phrases, caption,
 * background. Scenes of different splits never share a stream of random numbers. A scene holds fewer objects than asked
 * for when there is no room left within its limits. Throws on options out of range.
 */
export function planScene(seed: number, options: PlanOptions = {}): ScenePlan {
  checkObject(options, 'options');
  const split = checkChoice(options.split ?? 'train', splits, 'split');
  const pairs = pairChoice(split, options.pairs ?? 'seen');
  const rng = sceneRandom(seed, `scene ${split}`);
  const spread = spreadOf(options.variety ?? 'plain', seed);
  const backgroundIndex = chooseBackground(rng, options.background);
  const background = backgrounds[backgroundIndex];
  const count = chooseCount(rng, options.count, spread);
  const wanted = chooseClasses(rng, count, allowedClasses(backgroundIndex, pairs.background), spread);

  const placed: Placed[] = [];
  const indices: number[] = [];
  for (const index of wanted) {
    const next = place(rng, index, { placed, indices }, spread, pairs.overlap);
    if (!next) continue;
    placed.push(next);
    indices.push(index);
  }

  const worn = chooseColours(sceneRandom(seed, `colours ${split}`), indices, background, pairs.colour);
  const words = sceneRandom(seed, `words ${split}`);
  const namings = indices.map((index, i) => nameOf(classes[index], words, worn[i]));
  const unnamed = split === 'train' && words.chance(BACKGROUND_UNNAMED);
  return {
    seed,
    split,
    caption: captionOf(namings, unnamed ? undefined : background, words),
    background: background.name,
    backgroundSeed: rng.bits(),
    objects: placed.map(({ box, flip }, i) => ({
      index: indices[i],
      label: classes[indices[i]].label,
      ...(worn[i] ? { colour: worn[i] } : {}),
      phrase: phraseOf(classes[indices[i]], words, namings[i]),
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
  readonly objects: readonly LayoutObject[];
}

/** An object of such a layout. */
export interface LayoutObject {
  readonly phrase: string;
  readonly label: string;
  /** The colour that the phrase names, if any. */
  readonly colour?: ColourWord;
  readonly box: Box;
}

/** What a pipeline takes of a layout: the prompt, and phrases with boxes. */
export function askedOf(layout: Pick<SceneLayout, 'prompt' | 'objects'>) {
  checkObjects(checkObject(layout, 'layout').objects, 'layout.objects', 'objects');
  const { prompt, objects } = layout;
  return { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
}

/** The layout of the held-out scene of a seed: training never sees it. */
export function heldOutLayout(seed: number, options: Omit<PlanOptions, 'split'> = {}): SceneLayout {
  const { caption, background, objects } = planScene(seed, { ...options, split: 'heldout' });
  return {
    prompt: caption,
    background,
    objects: objects.map(({ phrase, label, colour, box }) => ({
      phrase,
      label,
      ...(colour ? { colour } : {}),
      box,
    })),
  };
}
