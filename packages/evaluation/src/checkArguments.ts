// Checks of what evaluations are given; errors name the field.

import {
  checkList,
  checkMethods,
  checkObject,
  checkObjects,
  checkText,
  checkWhole,
  showValue,
} from '@spatiallock/core/checks';
import { type Box, isFarOutside } from '@spatiallock/core/geometry';
import { parseBox } from '@spatiallock/core/pipeline';

const COUNT = { min: 1, max: Number.MAX_SAFE_INTEGER };
const SEED = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** Layouts, as samplers take them; the pipeline looks at them more closely. */
export function checkLayouts(given: unknown, path: string): void {
  checkList(given, path, 'layouts').forEach((each, i) => void checkLayout(each, `${path}[${i}]`));
}

function checkLayout(given: unknown, path: string): void {
  const { prompt, objects } = checkObject(given, path);
  checkText(prompt, `${path}.prompt`);
  checkList(objects, `${path}.objects`, 'objects').forEach((object, i) => {
    const { phrase, box } = checkObject(object, `${path}.objects[${i}]`);
    checkText(phrase, `${path}.objects[${i}].phrase`);
    parseBox(box, `${path}.objects[${i}].box`);
  });
}

/** A scene: a layout with a label for each of its objects. */
export function checkScene(given: unknown, path: string): void {
  const { layout, labels } = checkObject(given, path);
  checkLayout(layout, `${path}.layout`);
  const { objects } = layout as { readonly objects: readonly unknown[] };
  const { length } = checkList(labels, `${path}.labels`, 'labels');
  if (length !== objects.length) {
    throw new Error(`${path}.labels: ${length} labels for ${objects.length} objects; give one for each`);
  }
}

/** One scene or more. */
export function checkScenes(given: unknown, path: string): void {
  const scenes = checkList(given, path, 'scenes { layout, labels }');
  if (scenes.length === 0) throw new Error(`${path}: there is none to evaluate`);
  scenes.forEach((scene, i) => void checkScene(scene, `${path}[${i}]`));
}

/** Scenes that ask for an object: figures over objects have no meaning without any, and pictures take long. */
export function checkAskingScenes(given: unknown, path: string): void {
  checkScenes(given, path);
  const scenes = given as readonly { readonly labels: readonly unknown[] }[];
  if (scenes.some(({ labels }) => labels.length > 0)) return;
  throw new Error(
    `${path}: none asks for an object, so there is nothing to look for; give layouts with objects`,
  );
}

/** What every judge has. */
export function checkJudge(given: unknown, path: string): void {
  checkMethods(given, ['detectMany'], path, 'a judge, a detector with detectMany(images)');
}

/** A list of judges, each of a name of its own, by which reports tell them apart. */
export function checkJudges(given: unknown, path: string): void {
  const names = checkList(given, path, 'judges').map((each, i) => {
    checkJudge(each, `${path}[${i}]`);
    return checkText((each as { readonly name?: unknown }).name, `${path}[${i}].name`);
  });
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new Error(`${path}: two judges are called ${showValue(twice)}; give each a name of its own`);
}

/** Ends work that takes long. */
export function checkSignal(given: unknown, path: string): void {
  checkMethods(given, ['throwIfAborted'], path, 'an AbortSignal, as new AbortController().signal');
}

/** What every kind of sampling is given. */
export function checkSampling(options: unknown): void {
  const { pipe, seed, batch, signal } = checkObject(options, 'options');
  checkPipe(pipe, 'options.pipe');
  checkSampleOptions({ seed, batch, signal });
}

/** A pipeline. */
export function checkPipe(given: unknown, path: string): void {
  checkMethods(given, ['stream'], path, 'a pipeline, as fromPretrained() gives');
}

/** Options of sampling pictures. */
export function checkSampleOptions(options: unknown): void {
  const { seed, batch, signal } = checkObject(options, 'options');
  checkWhole(seed, SEED, 'options.seed');
  checkWhole(batch, COUNT, 'options.batch');
  checkSignal(signal, 'options.signal');
}

/** Detections: objects with a label, a score and a box in fractions of the picture, for which pixels would count nothing. */
export function checkDetections(given: unknown, path: string): void {
  checkObjects(given, path, 'detections').forEach(({ box }, i) => {
    const isBox = Array.isArray(box) && box.length === 4 && box.every(Number.isFinite);
    if (isBox && isFarOutside(box as unknown as Box)) {
      throw new Error(
        `${path}[${i}].box: ${showValue(box)} lies far outside the picture; give fractions of its sides, such as [0.1, 0.2, 0.5, 0.9]`,
      );
    }
  });
}

/** Pictures of benchmarks: objects and detections. */
export function checkBenchmarkPictures(given: unknown, path = 'pictures'): void {
  checkList(given, path, 'pictures { objects, detections }').forEach((each, i) => {
    const { objects, detections } = checkObject(each, `${path}[${i}]`);
    checkList(objects, `${path}[${i}].objects`, 'objects').forEach((object, k) => {
      parseBox(checkObject(object, `${path}[${i}].objects[${k}]`).box, `${path}[${i}].objects[${k}].box`);
    });
    checkDetections(detections, `${path}[${i}].detections`);
  });
}

/** Pictures that were judged: a scene, its picture, and detections. */
export function checkJudgedPictures(given: unknown, path = 'pictures'): void {
  checkList(given, path, 'judged pictures').forEach((each, i) => {
    const { scene, detections } = checkObject(each, `${path}[${i}]`);
    checkScene(scene, `${path}[${i}].scene`);
    checkDetections(detections, `${path}[${i}].detections`);
  });
}
