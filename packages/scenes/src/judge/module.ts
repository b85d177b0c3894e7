// The judge as a module that `evaluate --detector @spatiallock/scenes/judge` loads.

import type { Detection, DetectorDefinition, OpenDetector } from '@spatiallock/core';
import type { EvaluatedLayout, Examiner } from '@spatiallock/evaluation';
import { type Art, loadArt } from '../art.js';
import { classLabels } from '../classes.js';
import { colourOf, labelOf } from '../labels.js';
import { type AskedObject, fitJudge, type JudgedPicture, type JudgeOptions } from './judge.js';
import type { JudgedObject } from './objects.js';
import type { Sighting } from './search.js';

/** Opens the judge: about two seconds, for the art and the examples of backgrounds. */
export async function open(): Promise<OpenDetector & Examiner> {
  return { labels: classLabels, labelOf, ...artDetector(await loadArt()) };
}

/** The judge of an art as a detector and an examiner; by default it knows the backgrounds of these scenes. */
export function artDetector(
  art: Art,
  options: JudgeOptions = {},
): Pick<OpenDetector, 'detect'> & Required<Examiner> {
  const judge = fitJudge(art, options);
  const seen = (sighting: Pick<Sighting, 'pose' | 'gain'>): Detection => detectionOf(art, sighting);
  return {
    detect: async (image) => judge.judge(image, []).unasked.map(seen),
    examine: async (image, scene) => examination(judge.judge(image, askedOf(scene)), scene, seen),
    find: async (image, scene) =>
      judge.find(image, askedOf(scene)).flatMap((found) => (found ? [seen(found)] : [])),
  };
}

/** The judge, as commands open it. */
export const detector: DetectorDefinition = { open };

const askedOf = ({ layout, labels }: EvaluatedLayout): AskedObject[] =>
  layout.objects.map(({ phrase, box }, i) => {
    const colour = colourOf(phrase);
    return { label: labels[i], box, ...(colour === undefined ? {} : { colour }) };
  });

const inside = (value: number): number => Math.min(1, Math.max(0, value));

function detectionOf(
  { sprites }: Art,
  { pose: { index, box }, gain }: Pick<Sighting, 'pose' | 'gain'>,
): Detection {
  const [x0, y0, x1, y1] = box;
  return {
    label: sprites[index].label,
    score: inside(gain),
    box: [inside(x0), inside(y0), inside(x1), inside(y1)],
  };
}

function examination(
  { objects, unasked, background }: JudgedPicture,
  scene: EvaluatedLayout,
  seen: (sighting: Pick<Sighting, 'pose' | 'gain'>) => Detection,
): Awaited<ReturnType<Examiner['examine']>> {
  return {
    // Whatever is present counts, however weak: whether it is there has been decided.
    detections: [
      ...objects.flatMap((object) => (object.present ? [{ ...seen(object), score: 1 }] : [])),
      ...unasked.map(seen),
    ],
    objects: objects.map(measuresOf),
    picture: scene.background === undefined ? {} : { 'background right': background === scene.background },
  };
}

/** What is not there has no direction and no colour. */
function measuresOf({ present, rank, turns, mixed, pose, colourRight }: JudgedObject) {
  return {
    'class first': present && rank === 1,
    ...(turns || mixed ? { 'halves mixed': mixed } : {}),
    ...(present && turns && !mixed ? { left: pose.flip } : {}),
    ...(colourRight === undefined ? {} : { 'colour right': present && colourRight }),
  };
}
