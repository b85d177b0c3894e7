import { cpu } from '@spatiallock/backend-onnx';
import type { Backend } from '@spatiallock/core';
import {
  type Detection,
  type Executable,
  input,
  iou,
  parameterStore,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import {
  cocoLabels,
  decodeNanodet,
  letterbox,
  nanodet,
  nanodetNetwork,
  readNanodetWeights,
} from '@spatiallock/detectors';
import {
  nanodetFiles,
  nanodetHandler,
  photograph,
  publishedInput,
  publishedOutputs,
} from '@spatiallock/testing-nanodet';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tfjsDetector } from '../tfjsDetector.js';

const SIDE = 416;
let backend: Backend;
let weights: Tensors;

beforeAll(async () => {
  backend = cpu({ threads: 1 });
  weights = await readNanodetWeights(nanodetFiles);
});
afterAll(() => backend.dispose());

function compiled(side: number): Promise<Executable> {
  const { scope, params } = parameterStore();
  const image = input('image', [1, 3, side, side]);
  return backend.compile({ inputs: { image }, params, outputs: nanodetNetwork(scope, image) }, weights);
}

const strongest = (detections: readonly Detection[]): Detection =>
  detections.reduce((a, b) => (b.score > a.score ? b : a));

describe('NanoDet from its published weights', () => {
  it('computes what tfjs computes from the same file, and the tfjs example detects the same', async () => {
    await tf.setBackend('cpu');
    const image = await photograph('astronaut.jpg');
    const executable = await compiled(SIDE);
    const ours = await executable.run({
      image: tensor(letterbox(image, SIDE).planes, [1, 3, SIDE, SIDE]),
    });
    let published: Tensors = {};
    const wrapped = await tfjsDetector({
      model: nanodetHandler,
      labels: cocoLabels,
      side: SIDE,
      prepare: publishedInput,
      decode: async (outputs) => {
        published = await publishedOutputs(outputs);
        return decodeNanodet(published);
      },
    });
    const theirs = await wrapped.detect(image);
    expect(Object.keys(published).sort()).toEqual(Object.keys(ours).sort());
    for (const [name, { shape, data }] of Object.entries(published)) {
      expect(ours[name].shape).toEqual(shape);
      const chance = (logit: number): number =>
        name.startsWith('scores') ? 1 / (1 + Math.exp(-logit)) : logit;
      let worst = 0;
      data.forEach((value: number, i: number) => {
        worst = Math.max(worst, Math.abs(chance(value) - chance(ours[name].data[i])));
      });
      expect(worst, name).toBeLessThan(1e-3);
    }
    expect(strongest(theirs).label).toBe('person');
    expect(iou(strongest(theirs).box, strongest(decodeNanodet(ours)).box)).toBeGreaterThan(0.999);
    await executable.dispose();
  }, 300_000);

  it('finds the astronaut and the cat where they are', async () => {
    const detector = await nanodet({ backend, weights, minScore: 0.5 });
    const person = await detector.detect(await photograph('astronaut.jpg'));
    expect(person.map(({ label }) => label)).toEqual(['person']);
    expect(iou(person[0].box, [0.03, 0.0, 0.72, 1])).toBeGreaterThan(0.9);
    const cat = await detector.detect(await photograph('chelsea.jpg'));
    expect(cat.map(({ label }) => label)).toEqual(['cat']);
    expect(iou(cat[0].box, [0, 0, 0.97, 1])).toBeGreaterThan(0.9);
    await detector.dispose();
  });
});
