// Figures over a set of judged pictures.

import {
  type Detection,
  type Evaluation,
  evaluateDetections,
  iou,
  type LabelledBox,
  matchInstances,
  type RgbImage,
} from '@spatiallock/detectors';
import type { HeldOutScene } from '../heldOut.js';
import { MIN_SCORE } from '../judge.js';

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
export const subsetNames = ['small', 'crowded', 'sameClass', 'touching', 'unseenPair'] as const;

export type SubsetName = (typeof subsetNames)[number];

export const subsetTitles: Readonly<Record<SubsetName, string>> = {
  small: 'Small: less than a quarter of the side',
  crowded: 'In a crowd of five or six',
  sameClass: 'Same class twice in the picture',
  touching: 'Overlapping another box',
  unseenPair: 'Before a background never seen with it',
};

const SMALL_SIDE = 0.25;
const CROWD = 5;
const SUCCESS_IOU = 0.5;

export interface JudgedScene {
  readonly scene: HeldOutScene;
  readonly image: Pick<RgbImage, 'width' | 'height'>;
  readonly detections: readonly Detection[];
}

/** Mean IoU, success rate and COCO's figures, for all objects, each class and each subset. */
export function figuresOf(pictures: readonly JudgedScene[]): Figures {
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

function truthOf({ layout, labels }: HeldOutScene): LabelledBox[] {
  return layout.objects.map(({ box }, i) => ({ box, label: labels[i] }));
}

interface Instance {
  readonly iou: number;
  readonly traits: Readonly<Record<SubsetName, boolean>>;
}

function instancesOf({ scene, detections }: JudgedScene): Instance[] {
  const seen = detections.filter(({ score }) => score >= MIN_SCORE);
  const traits = traitsOf(scene);
  return matchInstances(truthOf(scene), seen).map((match, i) => ({ iou: match.iou, traits: traits[i] }));
}

/** For each object of a scene, the subsets that it belongs to. */
export function traitsOf({
  layout: { objects },
  labels,
  unseen,
}: HeldOutScene): Record<SubsetName, boolean>[] {
  return objects.map(({ box }, i) => ({
    small: Math.sqrt((box[2] - box[0]) * (box[3] - box[1])) < SMALL_SIDE,
    crowded: objects.length >= CROWD,
    sameClass: labels.filter((label) => label === labels[i]).length > 1,
    touching: objects.some((other, j) => j !== i && iou(box, other.box) > 0),
    unseenPair: unseen[i],
  }));
}

function subsetFigures(instances: readonly Instance[]): SubsetFigures {
  const { length } = instances;
  if (length === 0) return { instances: 0, meanIoU: null, instanceSuccessRate: null };
  return {
    instances: length,
    meanIoU: instances.reduce((sum, instance) => sum + instance.iou, 0) / length,
    instanceSuccessRate: instances.filter((instance) => instance.iou >= SUCCESS_IOU).length / length,
  };
}
