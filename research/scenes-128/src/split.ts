import { backgrounds } from './backgrounds.js';
import { classes } from './classes.js';

/**
 * Scenes of different splits come from streams of random numbers that never meet: 'train' for generators, 'judge' for
 * the detectors that judge them, 'heldout' for evaluation.
 */
export type Split = 'train' | 'judge' | 'heldout';

/**
 * Which (class, background) pairs a scene may hold: 'seen' are those of training, 'unseen' the held-out ones alone,
 * 'any' both. Generators always train on 'seen'; a judge has to know every pair.
 */
export type Pairs = 'seen' | 'unseen' | 'any';

/** Every class misses one background in training, and every background eight classes. */
const heldOutBackground = (index: number): number => (3 * index + Math.floor(index / 8)) % backgrounds.length;

/** True when training never shows this class (0..63) before this background (0..7). */
export const isHeldOut = (classIndex: number, backgroundIndex: number): boolean =>
  heldOutBackground(classIndex) === backgroundIndex;

/** The (label, background name) pairs that training never shows. */
export const heldOutPairs: readonly (readonly [label: string, background: string])[] = classes.map(
  ({ label, index }) => [label, backgrounds[heldOutBackground(index)].name] as const,
);

/** The classes (0..63) that may stand before a background (0..7). */
export function allowedClasses(backgroundIndex: number, pairs: Pairs): number[] {
  const all = classes.map(({ index }) => index);
  if (pairs === 'any') return all;
  return all.filter((index) => isHeldOut(index, backgroundIndex) === (pairs === 'unseen'));
}
