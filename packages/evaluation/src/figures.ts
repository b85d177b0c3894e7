// Figures over a set of judged pictures.

import type { Box, Detection, LabelledBox, RgbImage } from '@spatiallock/core';
import { boxArea } from '@spatiallock/core/geometry';
import { type Evaluation, evaluateDetections, MIN_SCORE, matchInstances } from './metrics/index.js';
import type { EvaluatedLayout } from './scene.js';

/** Figures over some of the objects; without any object, null. */
export interface SubsetFigures {
  readonly instances: number;
  readonly meanIoU: number | null;
  readonly instanceSuccessRate: number | null;
}

/** Everything measured on one kind of picture, 0..1. */
export interface Figures extends Evaluation {
  readonly subsets: Readonly<Record<SubsetName, SubsetFigures>>;
}

/** Objects that are harder than most, by what makes them so. */
export const subsetNames = ['small', 'crowded', 'stretched', 'touching', 'sameClass', 'unseenPair'] as const;

/** A kind of harder objects. */
export type SubsetName = (typeof subsetNames)[number];

/** What reports call each kind. */
export const subsetTitles: Readonly<Record<SubsetName, string>> = {
  small: 'Small: less than 2 % of the picture',
  crowded: 'Among five or six',
  stretched: 'Beyond 2:1',
  touching: 'Touching another box',
  sameClass: 'Same class twice',
  unseenPair: 'Background never seen with it',
};

const SMALL_AREA = 0.02;
const CROWD = 5;
const STRETCH = 2;
const SUCCESS_IOU = 0.5;

/** A layout, its picture's size, and what was detected in the picture. */
export interface EvaluatedScene {
  readonly scene: EvaluatedLayout;
  readonly image: Pick<RgbImage, 'width' | 'height'>;
  readonly detections: readonly Detection[];
}

/** Mean IoU, success rate and COCO's figures, for all objects, each class and each subset. */
export function figuresOf(pictures: readonly EvaluatedScene[]): Figures {
  const evaluated = pictures.map(({ scene, detections }) => ({ truth: truthOf(scene), detections }));
  const { width, height } = pictures[0].image;
  const whole = evaluateDetections(evaluated, {
    imageSize: { width, height },
    minScore: MIN_SCORE,
    successIoU: SUCCESS_IOU,
  });
  const instances = pictures.flatMap(instancesOf);
  const subsets = subsetNames.map(
    (name) => [name, subsetFigures(instances.filter(({ traits }) => traits[name]))] as const,
  );
  return { ...whole, subsets: Object.fromEntries(subsets) as Record<SubsetName, SubsetFigures> };
}

function truthOf({ layout, labels }: EvaluatedLayout): LabelledBox[] {
  return layout.objects.map(({ box }, i) => ({ box, label: labels[i] }));
}

interface Instance {
  readonly iou: number;
  readonly traits: Readonly<Record<SubsetName, boolean>>;
}

function instancesOf({ scene, detections }: EvaluatedScene): Instance[] {
  const seen = detections.filter(({ score }) => score >= MIN_SCORE);
  const traits = traitsOf(scene);
  return matchInstances(truthOf(scene), seen).map((match, i) => ({ iou: match.iou, traits: traits[i] }));
}

/** For each object of a scene, the subsets that it belongs to. */
export function traitsOf({
  layout: { objects },
  labels,
  unseen,
}: EvaluatedLayout): Record<SubsetName, boolean>[] {
  return objects.map(({ box }, i) => ({
    small: boxArea(box) < SMALL_AREA,
    crowded: objects.length >= CROWD,
    stretched: stretchOf(box) > STRETCH,
    touching: objects.some((other, j) => j !== i && touch(box, other.box)),
    sameClass: labels.filter((label) => label === labels[i]).length > 1,
    unseenPair: unseen?.[i] ?? false,
  }));
}

/** The longer side over the shorter one; pictures are square. */
const stretchOf = ([x0, y0, x1, y1]: Box): number => Math.max((x1 - x0) / (y1 - y0), (y1 - y0) / (x1 - x0));

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
