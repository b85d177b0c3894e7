// Judges look at pictures, a few at a time.

import type { Detection, RgbImage } from '@spatiallock/core';
import { checkList, checkObject, eventLoopTurn } from '@spatiallock/core/checks';
import { checkDetections, checkJudge, checkSignal } from './checkArguments.js';
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
    const found = await judge.find(image, scenes[i]!);
    checkDetections(found, `judge ${judge.name}: find`);
    all.push(found);
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
  const path = `judge${judge.name === undefined ? '' : ` ${judge.name}`}`;
  const looks: Look[] = [];
  for (let first = 0; first < images.length; first += judge.examine ? 1 : TOGETHER) {
    await eventLoopTurn();
    signal.throwIfAborted();
    if (judge.examine) {
      const examined = await judge.examine(images[first]!, scenes[first]!);
      const { detections, objects, picture } = checkExamination(examined, `${path}: examine`);
      if (objects.length !== scenes[first]!.labels.length) {
        throw new Error(
          `${path}: examine gave measures of ${objects.length} objects, asked were ${scenes[first]!.labels.length}`,
        );
      }
      looks.push({ detections, measures: { objects, picture } });
    } else {
      const seen = images.slice(first, first + TOGETHER);
      const all = await judge.detectMany(seen);
      if (checkList(all, `${path}: detectMany`, 'detections of each picture').length !== seen.length) {
        throw new Error(
          `${path}: detectMany gave detections of ${all.length} pictures, given were ${seen.length}`,
        );
      }
      all.forEach((each, i) => void checkDetections(each, `${path}: detectMany[${i}]`));
      looks.push(...all.map((detections) => ({ detections })));
    }
  }
  return looks;
}

function checkExamination(given: unknown, path: string): Examination {
  const { detections, objects, picture } = checkObject(given, path);
  checkDetections(detections, `${path}.detections`);
  checkObject(picture, `${path}.picture`);
  checkList(objects, `${path}.objects`, 'measures').forEach(
    (each, i) => void checkObject(each, `${path}.objects[${i}]`),
  );
  return given as Examination;
}
