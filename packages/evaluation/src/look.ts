// Judges look at pictures, a few at a time.

import type { Detection, RgbImage } from '@spatiallock/core';
import { checkList, eventLoopTurn } from '@spatiallock/core/checks';
import { checkJudge, checkSignal } from './checkArguments.js';
import type { Examination, Examiner } from './examine.js';
import type { Evaluator } from './matchObjects.js';
import type { EvaluatedLayout } from './scene.js';

/** Pictures that a detector sees at once. */
const TOGETHER = 16;

/** A judge as reports call it. */
export interface NamedEvaluator extends Pick<Evaluator, 'detectMany'> {
  readonly name: string;
  /** See `Examiner`. Default: detections alone. */
  readonly examine?: Examiner['examine'];
  /** See `Examiner`. Default: `detectMany`. */
  readonly find?: Examiner['find'];
}

/** What a judge saw in one picture; detectors measure nothing beyond their detections. */
export interface Look {
  readonly detections: readonly Detection[];
  readonly measures?: Pick<Examination, 'objects' | 'picture'>;
}

/** What a judge finds of the objects that scenes name, wherever they stand in pictures of captions alone. */
export async function findNamed(
  judge: NamedEvaluator,
  images: readonly RgbImage[],
  scenes: readonly EvaluatedLayout[],
  signal: AbortSignal,
): Promise<(readonly Detection[])[]> {
  if (!judge.find) {
    // Judges may be instances of classes, whose methods a spread would lose.
    const detecting = { name: judge.name, detectMany: (some: readonly RgbImage[]) => judge.detectMany(some) };
    const looks = await lookAt(detecting, images, scenes, signal);
    return looks.map(({ detections }) => detections);
  }
  const all: (readonly Detection[])[] = [];
  for (const [i, image] of images.entries()) {
    await eventLoopTurn();
    signal.throwIfAborted();
    all.push(await judge.find(image, scenes[i]!));
  }
  return all;
}

/** Lets a judge look at a picture of each scene. Rejects with the signal's reason once it is aborted. */
export async function lookAt(
  judge: Omit<NamedEvaluator, 'name'> & { readonly name?: string },
  images: readonly RgbImage[],
  scenes: readonly EvaluatedLayout[],
  signal: AbortSignal,
): Promise<Look[]> {
  checkJudge(judge, 'judge');
  checkList(images, 'images', 'pictures');
  if (checkList(scenes, 'scenes', 'scenes').length !== images.length) {
    throw new Error(`scenes: ${scenes.length} for ${images.length} pictures; give one for each`);
  }
  checkSignal(signal, 'signal');
  const looks: Look[] = [];
  for (let first = 0; first < images.length; first += judge.examine ? 1 : TOGETHER) {
    await eventLoopTurn();
    signal.throwIfAborted();
    if (judge.examine) {
      const { detections, objects, picture } = await judge.examine(images[first]!, scenes[first]!);
      if (objects.length !== scenes[first]!.labels.length) {
        throw new Error(
          `judge${judge.name === undefined ? '' : ` ${judge.name}`}: examine gave measures of ${objects.length} objects, asked were ${scenes[first]!.labels.length}`,
        );
      }
      looks.push({ detections, measures: { objects, picture } });
    } else {
      const all = await judge.detectMany(images.slice(first, first + TOGETHER));
      looks.push(...all.map((detections) => ({ detections })));
    }
  }
  return looks;
}
