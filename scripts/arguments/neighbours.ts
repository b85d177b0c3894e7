// Calls that are right, for the test that puts a wrong value in the place of each argument.

import {
  add,
  broadcastTo,
  concat,
  input,
  iou,
  parameter,
  parseLayout,
  reshape,
  tensor,
  urlFiles,
} from '@spatiallock/core';
import { assign, nonMaximumSuppression } from '@spatiallock/core/geometry';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { initialise, ones } from '@spatiallock/core/nn';
import { checkWords } from '@spatiallock/core/pipeline';
import {
  addNoise,
  noiseLevel,
  noiseSchedule,
  schedulerFromConfig,
  trainingTarget,
} from '@spatiallock/core/schedulers';
import { splitsOf, writeCoco, writeDataYaml, writeVoc, writeYolo } from '@spatiallock/data';
import { benchmarkScores, evaluateDetections, matchInstances, matchObjects } from '@spatiallock/evaluation';

/** A call whose arguments are all right. */
export interface Neighbours {
  readonly name: string;
  readonly run: (...given: never[]) => unknown;
  readonly given: readonly unknown[];
}

const call = (run: Neighbours['run'], ...given: readonly unknown[]): Neighbours => ({
  name: run.name,
  run,
  given,
});

const box = [0.1, 0.1, 0.5, 0.5];
const object = { label: 'dog', phrase: 'a dog', box };
const picture = { fileName: 'a.png', width: 8, height: 8, objects: [object] };
const detection = { label: 'dog', score: 0.9, box };
const numbers = Float32Array.of(1, 2);
const x = input('x', [2, 3]);
const layout = parseLayout({ prompt: 'a dog', objects: [{ phrase: 'a dog', box }] });
const tensors = { a: tensor(numbers, [2]) };
const level = { signal: 0.6, noise: 0.8 };

export const neighbours: readonly Neighbours[] = [
  call(writeYolo, [object], ['dog']),
  call(writeCoco, [picture], ['dog'], { firstImage: 3 }),
  call(writeVoc, picture, 'images'),
  call(writeDataYaml, ['train'], ['dog']),
  call(splitsOf, [{ name: 'train', share: 1 }], 3),
  call(evaluateDetections, [{ truth: [object], detections: [detection] }], { minScore: 0.5 }),
  call(matchInstances, [object], [detection], { width: 8, height: 8 }),
  call(matchObjects, [object], ['dog'], [detection]),
  call(benchmarkScores, [{ objects: [object], detections: [detection], colourShares: [undefined] }], {
    width: 8,
    height: 8,
  }),
  call(iou, box, box),
  call(assign, [[1, 2]]),
  call(nonMaximumSuppression, [detection], { minScore: 0.5 }),
  call(noiseLevel, noiseSchedule({}), 3),
  call(addNoise, level, numbers, numbers),
  call(trainingTarget, 'epsilon', level, numbers, numbers),
  call(schedulerFromConfig, {}, 'ddim'),
  call(readSafetensors, writeSafetensors(tensors), { float32: true }),
  call(initialise, { weight: parameter('weight', [2], { init: ones }) }, 1),
  call(checkWords, layout, ['a', 'dog']),
  call(urlFiles, 'https://example.org', { fetch: () => Promise.reject(new Error('no network')) }),
  call(add, x, x),
  call(reshape, x, [3, 2]),
  call(broadcastTo, x, [4, 2, 3]),
  call(concat, [x, x], 0),
  call(tensor, numbers, [2], 'float32'),
];

/** What stands in the place of a right argument. */
export const wrong: readonly unknown[] = [null, { junk: 1 }, () => undefined];
