// Figures over a set of judged pictures.

import type { Box, ImageSize, LabelledBox, RgbImage } from '@spatiallock/core';
import { boxArea, intersectionArea } from '@spatiallock/core/geometry';
import { checkJudgedPictures, checkScene } from './checkArguments.js';
import { type ColourFigures, colourFigures } from './colours.js';
import { type MeasureFigures, measureFigures } from './examine.js';
import type { Look } from './look.js';
import { type Evaluation, evaluateDetections, MIN_SCORE } from './metrics/index.js';
import { validateSize } from './metrics/validate.js';
import type { EvaluatedLayout } from './scene.js';
import { matchAsked } from './unasked.js';

/** Figures over some of the objects; without any object, null. */
export interface SubsetFigures {
  readonly instances: number;
  readonly meanIoU: number | null;
  readonly instanceSuccessRate: number | null;
}

/** Everything measured on one kind of picture, 0..1. */
export interface Figures extends Evaluation {
  readonly subsets: Readonly<Record<SubsetName, SubsetFigures>>;
  /** Objects that nobody asked for, in 100 pictures. */
  readonly unaskedPer100: number;
  /** Colours that phrases name. */
  readonly colours: ColourFigures;
  /** What a judge measured beyond boxes, by name. */
  readonly measures: Readonly<Record<string, MeasureFigures>>;
}

/** Objects that are harder than most, by what makes them so. */
export const subsetNames = [
  'small',
  'crowded',
  'stretched',
  'touching',
  'occluded',
  'sameClass',
  'unseenPair',
] as const;

/** A kind of harder objects. */
export type SubsetName = (typeof subsetNames)[number];

/** What reports call each kind. */
export const subsetTitles: Readonly<Record<SubsetName, string>> = {
  small: 'Small: less than 2 % of the picture',
  crowded: 'Among five or six',
  stretched: 'Beyond 2:1',
  touching: 'Touching another box',
  occluded: 'Partly behind another box',
  sameClass: 'Same class twice',
  unseenPair: 'Background never seen with it',
};

const SMALL_AREA = 0.02;
const CROWD = 5;
const STRETCH = 2;
/** The part of a box that boxes in front of it cover, at the least. */
const COVERED = 0.1;
const SUCCESS_IOU = 0.5;

/** A layout, its picture, and what was detected in the picture. */
export interface EvaluatedScene extends Look {
  readonly scene: EvaluatedLayout;
  readonly image: RgbImage;
}

/** Mean IoU, success rate and COCO's figures, for all objects, each class and each subset. */
export function figuresOf(pictures: readonly EvaluatedScene[]): Figures {
  checkJudgedPictures(pictures);
  if (pictures.length === 0) throw new Error('pictures: there is none');
  for (const [i, { image }] of pictures.entries()) validateSize(image, `pictures[${i}].image`);
  const evaluated = pictures.map(({ scene, detections, image: { width, height } }) => ({
    truth: truthOf(scene),
    detections,
    size: { width, height },
  }));
  const whole = evaluateDetections(evaluated, { minScore: MIN_SCORE, successIoU: SUCCESS_IOU });
  const judged = pictures.map(instancesOf);
  const instances = judged.flatMap((each) => each.instances);
  const measures = pictures.flatMap((picture) => [
    ...(picture.measures?.objects ?? []),
    ...(picture.measures ? [picture.measures.picture] : []),
  ]);
  const subsets = subsetNames.map(
    (name) => [name, subsetFigures(instances.filter(({ traits }) => traits[name]))] as const,
  );
  const unasked = judged.reduce((sum, each) => sum + each.unasked, 0);
  return {
    ...whole,
    subsets: Object.fromEntries(subsets) as Record<SubsetName, SubsetFigures>,
    unaskedPer100: (100 * unasked) / pictures.length,
    colours: colourFigures(instances),
    measures: measureFigures(measures),
  };
}

function truthOf({ layout, labels }: EvaluatedLayout): LabelledBox[] {
  return layout.objects.map(({ box }, i) => ({ box, label: labels[i] }));
}

interface Instance {
  readonly iou: number;
  readonly traits: Readonly<Record<SubsetName, boolean>>;
  readonly phrase: string;
  readonly image: RgbImage;
  readonly box?: Box;
}

function instancesOf({ scene, image, detections }: EvaluatedScene): {
  readonly instances: readonly Instance[];
  readonly unasked: number;
} {
  const traits = traitsOf(scene, image);
  const { matches, unasked } = matchAsked(truthOf(scene), detections);
  const instances = matches.map(({ iou, detection }, i): Instance => {
    const box = detections[detection]?.box;
    const { phrase } = scene.layout.objects[i];
    return { iou, traits: traits[i], phrase, image, ...(box === undefined ? {} : { box }) };
  });
  return { instances, unasked: unasked.length };
}

/** For each object of a scene, the subsets that it belongs to. `size`: pixels of its picture; default a square. */
export function traitsOf(
  scene: EvaluatedLayout,
  size: ImageSize = { width: 1, height: 1 },
): Record<SubsetName, boolean>[] {
  checkScene(scene, 'scene');
  validateSize(size, 'size');
  const {
    layout: { objects },
    labels,
    unseen,
  } = scene;
  return objects.map(({ box }, i) => ({
    small: boxArea(box) < SMALL_AREA,
    crowded: objects.length >= CROWD,
    stretched: stretchOf(box, size) > STRETCH,
    touching: objects.some((other, j) => j !== i && touch(box, other.box)),
    occluded: objects.slice(i + 1).some((front) => intersectionArea(box, front.box) > COVERED * boxArea(box)),
    sameClass: labels.filter((label) => label === labels[i]).length > 1,
    unseenPair: unseen?.[i] ?? false,
  }));
}

/** The longer side over the shorter one, in pixels. */
function stretchOf([x0, y0, x1, y1]: Box, { width, height }: ImageSize): number {
  const [across, down] = [(x1 - x0) * width, (y1 - y0) * height];
  return Math.max(across / down, down / across);
}

/** Whether two boxes share an area, an edge or a corner. */
const touch = (a: Box, b: Box): boolean => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

function subsetFigures(instances: readonly Instance[]): SubsetFigures {
  const { length } = instances;
  if (length === 0) return { instances: 0, meanIoU: null, instanceSuccessRate: null };
  return {
    instances: length,
    meanIoU: instances.reduce((sum, instance) => sum + instance.iou, 0) / length,
    instanceSuccessRate: instances.filter((instance) => instance.iou >= SUCCESS_IOU).length / length,
  };
}
