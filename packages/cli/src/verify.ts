// `generate --verify`: the detector looks at every picture, and may send it back.

import type { Layout } from '@spatiallock/core';
import { labelling } from '@spatiallock/core/pipeline';
import type { SampledPicture } from '@spatiallock/evaluation';
import { type EvaluatedObject, type Evaluator, matchObjects } from '@spatiallock/evaluation';
import type { ArgsDef } from 'citty';
import { detectorHash, detectorName } from './detectors.js';
import { InputError, UnverifiedError } from './errors.js';
import { type Flags, number, text, wholeNumber } from './flags.js';
import { joined } from './objects.js';
import type { GenerationMetadata } from './record.js';

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
  /** Who judges, where --detector says so; which pictures are kept depends on it. */
  readonly detector?: string;
  /** Tells its weights from others in the folder of --detector-files. */
  readonly detectorHash?: string;
}

/** One drawing of a picture. */
export interface Attempt {
  readonly seed: number;
  /** For each object its overlap, 0 where it was not found, null where the detector does not know it. */
  readonly ious: readonly (number | null)[];
}

export interface VerifiedPicture {
  /** The first attempt in which every object reaches the overlap, or the best of all. */
  readonly picture: SampledPicture;
  readonly objects: readonly EvaluatedObject[];
  readonly passed: boolean;
  readonly attempts: readonly Attempt[];
}

/** Undefined without --verify. */
export async function readVerifyRequest(flags: Flags, cwd: string): Promise<VerifyRequest | undefined> {
  const retry = wholeNumber(flags, 'retry', { min: 0, max: 100 });
  const minIou = number(flags, 'min-iou', { min: 0, max: 1 });
  if (!flags.has('verify')) {
    if (retry !== undefined) throw new InputError('--retry: needs --verify');
    if (minIou !== undefined) throw new InputError('--min-iou: needs --verify');
    return undefined;
  }
  const detector = text(flags, 'detector');
  const hash = await detectorHash({ files: text(flags, 'detector-files'), cwd });
  return {
    retry: retry ?? 0,
    minIou: minIou ?? 0.5,
    ...(detector === undefined ? {} : { detector: detectorName(detector) }),
    ...(hash === undefined ? {} : { detectorHash: hash }),
  };
}

/** Throws an InputError where the detector knows none of the objects, so that there is nothing to verify. */
export function requireVerifiable(
  layout: Layout,
  evaluator: Evaluator | undefined,
): asserts evaluator is Evaluator {
  if (evaluator === undefined)
    throw new InputError('--verify: there is no detector at hand; give one by --detector');
  if (layout.objects.length === 0)
    throw new InputError('--verify: the layout has no object to look for; give one by --object');
  if (labelsFor(layout, evaluator).every((label) => label === undefined)) {
    const phrases = joined(layout.objects.map(({ phrase }) => `"${phrase}"`));
    const some = evaluator.labels.slice(0, 8).join(', ');
    throw new InputError(
      `--verify: the detector at hand does not know ${phrases}; it knows ${some} ...; give one that does by --detector, or leave --verify out`,
    );
  }
}

/** For each object, the class that the detector knows it by. */
export function labelsFor({ objects }: Layout, evaluator: Evaluator | undefined): (string | undefined)[] {
  const labelOf = evaluator ? labelling(evaluator) : () => undefined;
  return objects.map(({ phrase }) => labelOf(phrase));
}

/** The objects of each picture as the detector sees them. */
export async function matchPictures(
  pictures: readonly SampledPicture[],
  evaluator: Evaluator | undefined,
): Promise<EvaluatedObject[][]> {
  const detections = await evaluator?.detectMany(pictures.map(({ image }) => image));
  return pictures.map(({ layout }, i) =>
    matchObjects(layout.objects, labelsFor(layout, evaluator), detections?.[i] ?? []),
  );
}

/**
 * Judges each picture, and draws those that miss again by `paint`, with seeds that no other picture has: attempt k
 * of one among `total` pictures lies k times that many seeds after its first.
 */
export async function verifyPictures(
  firsts: readonly SampledPicture[],
  evaluator: Evaluator,
  { retry, minIou }: VerifyRequest,
  total: number,
  paint: (first: SampledPicture, seed: number) => Promise<SampledPicture>,
): Promise<VerifiedPicture[]> {
  const seen = await matchPictures(firsts, evaluator);
  const verified: VerifiedPicture[] = [];
  for (const [i, first] of firsts.entries()) {
    let best = trial(first, seen[i], minIou);
    const attempts = [attemptOf(best)];
    while (!best.passed && attempts.length <= retry) {
      const picture = await paint(first, first.seed + attempts.length * total);
      const [objects] = await matchPictures([picture], evaluator);
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
  readonly objects: readonly EvaluatedObject[];
  readonly ious: readonly (number | null)[];
  readonly reached: number;
  readonly total: number;
  readonly passed: boolean;
}

function trial(picture: SampledPicture, objects: readonly EvaluatedObject[], minIou: number): Trial {
  const ious = objects.map(overlapOf);
  const known = ious.filter((iou) => iou !== null);
  const reached = known.filter((iou) => iou >= minIou).length;
  const total = known.reduce((sum, iou) => sum + iou, 0);
  return { picture, objects, ious, reached, total, passed: reached === known.length };
}

/** 0 for an object that was not found, null for one that the detector does not know. */
export function overlapOf({ detector }: EvaluatedObject): number | null {
  return detector === undefined ? null : (detector?.iou ?? 0);
}

const attemptOf = ({ picture, ious }: Trial): Attempt => ({ seed: picture.seed, ious });

/** More objects that reach the overlap; among as many, more overlap. */
const isBetter = (a: Trial, b: Trial): boolean =>
  a.reached > b.reached || (a.reached === b.reached && a.total > b.total);

/** The files are written; the code of the command tells that they fall short. */
export function requirePassed(records: readonly GenerationMetadata[], { minIou }: VerifyRequest): void {
  const missed = records.filter(({ verification }) => verification?.passed === false).length;
  if (missed === 0) return;
  const which = records.length === 1 ? 'the picture' : `${missed} of ${records.length} pictures`;
  throw new UnverifiedError(`--min-iou: not every object reaches ${minIou} in ${which}`);
}

/** Lines below a picture's name: each object, what was judged, and what came of the attempts. */
export function verdictLines({ objects, seed, verification }: GenerationMetadata): string[] {
  if (verification === undefined) return [];
  const { minIou, attempts, passed } = verification;
  const width = Math.max(...objects.map(({ phrase }) => phrase.length));
  const lines = objects.map((object) => {
    const iou = overlapOf(object);
    const below = iou !== null && iou < minIou ? `  below ${minIou}` : '';
    const outcome =
      iou === null ? 'not known to the detector' : object.detector ? iou.toFixed(2) : 'not found';
    return `  ${object.phrase.padEnd(width)}  ${outcome}${below}`;
  });
  const judged = '  judged: class and place; colour and other words are not';
  if (attempts.length === 1) return [...lines, judged];
  const seeds = attempts.map((attempt) => attempt.seed).join(', ');
  const kept = passed ? 'passed with' : `no attempt passed; kept the best,`;
  return [...lines, judged, `  ${kept} seed ${seed}, after ${attempts.length} attempts (seeds ${seeds})`];
}
