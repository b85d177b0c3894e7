// `generate --verify`: the judge looks at every picture, and may send it back.

import type { Layout } from '@spatiallock/core';
import type { SampledPicture } from '@spatiallock/evaluation';
import { type Judge, type JudgedObject, judgeObjects } from '@spatiallock/evaluation';
import type { ArgsDef } from 'citty';
import { InputError } from './errors.js';
import { type Flags, number, wholeNumber } from './flags.js';
import { joined } from './objects.js';
import { labelling } from './plugins/settle.js';
import type { PictureRecord } from './record.js';

export const verifyArgs = {
  verify: {
    type: 'boolean',
    description:
      'judge class and place of each object, not its colour; ends with code 3 where one misses --min-iou',
  },
  retry: {
    type: 'string',
    valueHint: '0',
    description: 'with --verify: draw again with the next seed, up to so many times, 0..100',
  },
  'min-iou': {
    type: 'string',
    valueHint: '0.5',
    description: 'with --verify: the overlap that every object must reach, 0..1; default 0.5',
  },
} as const satisfies ArgsDef;

/** What the detector judges of an object: its class and its place; it knows no colours, and no other adjectives. */
export const judgedOf = { class: true, place: true, colour: false } as const;

export interface VerifyRequest {
  /** Further attempts at a picture that misses. */
  readonly retry: number;
  readonly minIou: number;
}

/** One drawing of a picture. */
export interface Attempt {
  readonly seed: number;
  /** For each object its overlap, 0 where it was not found, null where the judge does not know it. */
  readonly ious: readonly (number | null)[];
}

export interface VerifiedPicture {
  /** The first attempt in which every object reaches the overlap, or the best of all. */
  readonly picture: SampledPicture;
  readonly objects: readonly JudgedObject[];
  readonly passed: boolean;
  readonly attempts: readonly Attempt[];
}

/** Undefined without --verify. */
export function readVerifyRequest(flags: Flags): VerifyRequest | undefined {
  const retry = wholeNumber(flags, 'retry', { min: 0, max: 100 });
  const minIou = number(flags, 'min-iou', { min: 0, max: 1 });
  if (!flags.has('verify')) {
    if (retry !== undefined) throw new InputError('--retry: needs --verify');
    if (minIou !== undefined) throw new InputError('--min-iou: needs --verify');
    return undefined;
  }
  return { retry: retry ?? 0, minIou: minIou ?? 0.5 };
}

/** Throws an InputError where the judge knows none of the objects, so that there is nothing to verify. */
export function requireVerifiable(layout: Layout, judge: Judge | undefined): asserts judge is Judge {
  if (judge === undefined) throw new InputError('--verify: there is no detector at hand');
  if (layout.objects.length === 0) throw new InputError('--verify: the layout has no object to look for');
  if (labelsFor(layout, judge).every((label) => label === undefined)) {
    const phrases = joined(layout.objects.map(({ phrase }) => `"${phrase}"`));
    throw new InputError(
      `--verify: the detector at hand does not know ${phrases}; it knows ${judge.labels.slice(0, 8).join(', ')} ...`,
    );
  }
}

/** For each object, the class that the judge knows it by. */
export function labelsFor({ objects }: Layout, judge: Judge | undefined): (string | undefined)[] {
  const labelOf = judge ? labelling(judge) : () => undefined;
  return objects.map(({ phrase }) => labelOf(phrase));
}

/** The objects of each picture as the judge sees them. */
export async function lookAt(
  pictures: readonly SampledPicture[],
  judge: Judge | undefined,
): Promise<JudgedObject[][]> {
  const detections = await judge?.detectMany(pictures.map(({ image }) => image));
  return pictures.map(({ layout }, i) =>
    judgeObjects(layout.objects, labelsFor(layout, judge), detections?.[i] ?? []),
  );
}

/**
 * Judges each picture, and draws those that miss again by `paint`, with seeds that no other picture has: attempt k
 * of one among `total` pictures lies k times that many seeds after its first.
 */
export async function verifyPictures(
  firsts: readonly SampledPicture[],
  judge: Judge,
  { retry, minIou }: VerifyRequest,
  total: number,
  paint: (first: SampledPicture, seed: number) => Promise<SampledPicture>,
): Promise<VerifiedPicture[]> {
  const seen = await lookAt(firsts, judge);
  const verified: VerifiedPicture[] = [];
  for (const [i, first] of firsts.entries()) {
    let best = trial(first, seen[i], minIou);
    const attempts = [attemptOf(best)];
    while (!best.passed && attempts.length <= retry) {
      const picture = await paint(first, first.seed + attempts.length * total);
      const [objects] = await lookAt([picture], judge);
      const next = trial(picture, objects, minIou);
      attempts.push(attemptOf(next));
      if (isBetter(next, best)) best = next;
    }
    const { picture, objects, passed } = best;
    verified.push({ picture, objects, passed, attempts });
  }
  return verified;
}

interface Trial {
  readonly picture: SampledPicture;
  readonly objects: readonly JudgedObject[];
  readonly ious: readonly (number | null)[];
  readonly reached: number;
  readonly total: number;
  readonly passed: boolean;
}

function trial(picture: SampledPicture, objects: readonly JudgedObject[], minIou: number): Trial {
  const ious = objects.map(overlapOf);
  const known = ious.filter((iou) => iou !== null);
  const reached = known.filter((iou) => iou >= minIou).length;
  const total = known.reduce((sum, iou) => sum + iou, 0);
  return { picture, objects, ious, reached, total, passed: reached === known.length };
}

/** 0 for an object that was not found, null for one that the judge does not know. */
export function overlapOf({ detector }: JudgedObject): number | null {
  return detector === undefined ? null : (detector?.iou ?? 0);
}

const attemptOf = ({ picture, ious }: Trial): Attempt => ({ seed: picture.seed, ious });

/** More objects that reach the overlap; among as many, more overlap. */
const isBetter = (a: Trial, b: Trial): boolean =>
  a.reached > b.reached || (a.reached === b.reached && a.total > b.total);

/** Lines below a picture's name: each object, what was judged, and what came of the attempts. */
export function verdictLines({ objects, seed, verification }: PictureRecord): string[] {
  if (verification === undefined) return [];
  const { minIou, attempts, passed } = verification;
  const width = Math.max(...objects.map(({ phrase }) => phrase.length));
  const lines = objects.map((object) => {
    const iou = overlapOf(object);
    const below = iou !== null && iou < minIou ? `  below ${minIou}` : '';
    const told = iou === null ? 'not known to the detector' : object.detector ? iou.toFixed(2) : 'not found';
    return `  ${object.phrase.padEnd(width)}  ${told}${below}`;
  });
  const judged = '  judged: class and place; colour and other words are not';
  if (attempts.length === 1) return [...lines, judged];
  const seeds = attempts.map((attempt) => attempt.seed).join(', ');
  const kept = passed ? 'passed with' : `no attempt passed; kept the best,`;
  return [...lines, judged, `  ${kept} seed ${seed}, after ${attempts.length} attempts (seeds ${seeds})`];
}
