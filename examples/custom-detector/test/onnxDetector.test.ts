import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildModel, cpu } from '@spatiallock/backend-onnx';
import { constant, input, type Scope, type Tensors, tensor } from '@spatiallock/core';
import {
  cocoLabels,
  decodeNanodet,
  nanodet,
  nanodetNetwork,
  readNanodetWeights,
} from '@spatiallock/detectors';
import { nanodetFiles, photograph } from '@spatiallock/testing-nanodet';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxDetector } from '../onnxDetector.js';

// The tfjs example runs in nanodet.published.test.ts, on the published file itself.

const SIDE = 320;
let folder: string;
let weights: Tensors;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'custom-detector-'));
  weights = await readNanodetWeights(nanodetFiles);
});
afterAll(() => rm(folder, { recursive: true }));

/** NanoDet as the bytes of an ONNX file, its weights inside. */
function exported(): Uint8Array {
  const scopeAt = (path: string): Scope => ({
    path,
    at: (...names) => scopeAt([path, ...names].filter((part) => part !== '').join('.')),
    param: (name) => constant(weights[`${path}.${name}`]),
  });
  const image = input('image', [1, 3, SIDE, SIDE]);
  const graph = { inputs: { image }, params: {}, outputs: nanodetNetwork(scopeAt(''), image) };
  const initializer = (name: string): never => {
    throw new Error(`${name} should be a constant`);
  };
  return buildModel(graph, { initializer, codes: () => undefined }).bytes;
}

it('wraps an ONNX file: the same detections as the network that it was exported from', async () => {
  const model = join(folder, 'nanodet.onnx');
  await writeFile(model, exported());
  const wrapped = await onnxDetector({
    ort,
    model,
    labels: cocoLabels,
    side: SIDE,
    decode: (outputs) => {
      const named = Object.entries(outputs).map(([name, { data, dims }]) => [
        name.replace('output:', ''),
        tensor(data as Float32Array, dims),
      ]);
      return decodeNanodet(Object.fromEntries(named), { minScore: 0.4, iouThreshold: 0.5 });
    },
  });
  const picture = await photograph('chelsea.jpg');
  const found = await wrapped.detect(picture);
  expect(found[0].label).toBe('cat');

  const backend = cpu({ threads: 1 });
  const options = { imageSize: SIDE, minScore: 0.4, iouThreshold: 0.5 };
  const original = await nanodet({ backend, weights, ...options });
  const expected = await original.detect(picture);
  expect(found.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
  found.forEach(({ score, box }, k) => {
    expect(score).toBeCloseTo(expected[k].score, 4);
    box.forEach((edge, e) => {
      expect(edge).toBeCloseTo(expected[k].box[e], 4);
    });
  });
  await backend.dispose();
});
