import { checkWhole } from '@spatiallock/core/checks';
import { backgrounds } from './backgrounds.js';
import { classes } from './classes.js';
import type { ColourWord } from './colours/rule.js';
import { allowedColours, naturalColours } from './colours/wardrobe.js';

/** The names of the splits. */
export const splits = ['train', 'judge', 'heldout'] as const;

/**
 * Scenes of different splits come from streams of random numbers that never meet: 'train' for generators, 'judge' for
 * the detectors that judge them, 'heldout' for evaluation.
 */
export type Split = (typeof splits)[number];

/**
 * Which pairs a scene may hold: 'seen' are those of training, 'unseen' the held-out ones alone, 'any' both.
 * Generators always train on 'seen'; a judge has to know every pair.
 */
export type Pairs = 'seen' | 'unseen' | 'any';

/** The pairs of each kind; what is absent is 'seen'. */
export interface PairChoice {
  /** (class, background): training never shows a class before its held-out background. */
  readonly background?: Pairs;
  /** (class, colour): training never shows a class in its held-out colour. */
  readonly colour?: Pairs;
  /** (class, class): in training, boxes of held-out pairs hardly meet (IoU at most `HELD_OUT_IOU`). */
  readonly overlap?: Pairs;
}

/** Every class misses one background in training, and every background about the same number of classes. */
const heldOutBackground = (index: number): number =>
  (5 * index + Math.floor(index / backgrounds.length)) % backgrounds.length;

/** True when training never shows this class before this background (both by index). */
export const isHeldOut = (classIndex: number, backgroundIndex: number): boolean =>
  heldOutBackground(classIndex) === backgroundIndex;

/** The (label, background name) pairs that training never shows. */
export const heldOutPairs: readonly (readonly [label: string, background: string])[] = classes.map(
  ({ label, index }) => [label, backgrounds[heldOutBackground(index)].name] as const,
);

/** The colour that training never shows on each class; none where a class can wear fewer than three. */
const heldOutColour: readonly (ColourWord | undefined)[] = classes.map(({ index }) => {
  const turned = allowedColours[index].filter((colour) => colour !== naturalColours[index]);
  return turned.length < 3 ? undefined : turned[(7 * index + 3) % turned.length];
});

/** The (label, colour) pairs that training never shows. */
export const heldOutColours: readonly (readonly [label: string, colour: ColourWord])[] = classes.flatMap(
  ({ label, index }) => {
    const colour = heldOutColour[index];
    return colour ? [[label, colour] as const] : [];
  },
);

/** Boxes of classes that training never shows over one another have at most this IoU. */
export const HELD_OUT_IOU = 0.02;

/** True when training never shows these two classes (by index) over one another: one pair of eight; never a class with itself. */
export function isHeldOutOverlap(a: number, b: number): boolean {
  return a !== b && (a + b) % 8 === 3;
}

const admits = (heldOut: boolean, pairs: Pairs): boolean =>
  pairs === 'any' || heldOut === (pairs === 'unseen');

/** The classes (by index) that may stand before a background (by index). */
export function allowedClasses(backgroundIndex: number, pairs: Pairs): number[] {
  return classes
    .map(({ index }) => index)
    .filter((index) => admits(isHeldOut(index, backgroundIndex), pairs));
}

/** The colours that a class (by index) may wear. */
export function coloursFor(classIndex: number, pairs: Pairs): ColourWord[] {
  checkWhole(classIndex, { min: 0, max: classes.length - 1 }, 'classIndex');
  return allowedColours[classIndex].filter((colour) => admits(heldOutColour[classIndex] === colour, pairs));
}

/** True when two classes (by index) may stand over one another. */
export const mayOverlap = (a: number, b: number, pairs: Pairs): boolean =>
  admits(isHeldOutOverlap(a, b), pairs);
