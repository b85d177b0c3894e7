// The judge that knows the art, given two more pictures.

import type { Layout, RgbImage } from '@spatiallock/core';
import {
  type Art,
  allowedColours,
  classes,
  fitJudge,
  type JudgedObject,
  type Sprite,
} from '@spatiallock/scenes';
import { newClasses } from './stamps.js';

/** Classes that wear no colours give their places to the new ones. */
const LENT = classes.flatMap(({ index }) => (allowedColours[index]?.length === 0 ? [index] : []));

export interface NewFigures {
  readonly objects: number;
  /** An object that is not there counts 0. */
  readonly meanIoU: number;
  /** There, no other class fits better, and IoU of at least 0.5. */
  readonly success: number;
}

/** Judges pictures of the new classes among all the art that is known. */
export function newJudge(art: Art, sprites: readonly Sprite[]) {
  const places = LENT.slice(0, newClasses.length);
  if (places.length < newClasses.length) throw new Error('judge: too few classes without colours');
  const swapped = [...art.sprites];
  places.forEach((index, i) => {
    swapped[index] = sprites[i]!;
  });
  const judge = fitJudge({ sprites: swapped });
  const labelOf = (phrase: string): string => newClasses.find(({ label }) => phrase.endsWith(label))!.label;
  return (image: RgbImage, { objects }: Pick<Layout, 'objects'>): readonly JudgedObject[] => {
    const { width, height, data } = image;
    return judge.judge(
      { width, height, data: new Uint8Array(data) },
      objects.map(({ phrase, box }) => ({ label: labelOf(phrase), box })),
    ).objects;
  };
}

/** Means over objects. */
export function figuresOfNew(judged: readonly JudgedObject[]): NewFigures {
  const mean = (value: (object: JudgedObject) => number): number =>
    judged.reduce((sum, object) => sum + value(object), 0) / judged.length;
  return {
    objects: judged.length,
    meanIoU: mean(({ iou, present }) => (present ? iou : 0)),
    success: mean(({ success }) => (success ? 1 : 0)),
  };
}
