import { cpu } from '@spatiallock/backend-onnx';
import {
  type FileSource,
  input,
  parameterStore,
  type RgbImage,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { float32ToFloat16, writeSafetensors } from '@spatiallock/core/io';
import { initialise } from '@spatiallock/core/nn';
import { adamw, cosineRate, trainingGraph } from '@spatiallock/core/train';
import { evaluateDetections } from '@spatiallock/evaluation';
import { loadArt, renderBatch, toTensor } from '@spatiallock/scenes';
import { expect, test } from 'vitest';
import {
  type CenterConfig,
  centerDetector,
  centerGraph,
  centerTargetInputs,
  centerTargets,
  defaultCenterConfig,
} from '../src/index.js';

const SIZE = 64;
const STEPS = 120;

function folder(files: Readonly<Record<string, Uint8Array>>): FileSource {
  return { read: async (path) => files[path] };
}

function halves(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      tensor(float32ToFloat16(data as Float32Array), shape, 'float16'),
    ]),
  );
}

test('learns two scenes by heart and finds their objects again from half-precision weights', async () => {
  const scenes = renderBatch(await loadArt(), [20_000_003, 20_000_008], {
    split: 'judge',
    pairs: 'any',
    count: 2,
    size: SIZE,
  });
  const truth = scenes.plans.map(({ objects }) => objects);
  const config: CenterConfig = {
    ...defaultCenterConfig,
    labels: [...new Set(truth.flat().map(({ label }) => label))].sort(),
    image_size: SIZE,
    channels: [8, 16, 24, 32],
    blocks: [1, 1, 1],
    norm_groups: 4,
    head_channels: 16,
    bins: 12,
  };

  const { scope, params } = parameterStore();
  const image = input('image', [2, 3, SIZE, SIZE]);
  const targets = centerTargetInputs(config, 2);
  const graph = centerGraph(config);
  const loss = graph.loss(graph.build(scope, image), targets);
  const step = trainingGraph({
    inputs: { image, ...targets },
    params,
    loss,
    optimiser: adamw(),
    learningRate: cosineRate({ peak: 8e-3, warmup: 10, steps: STEPS }),
    clipNorm: 5,
  });
  const backend = cpu({ threads: 1 });
  const executable = await backend.compile(step, initialise(step.params, 3));
  const feeds = { image: tensor(toTensor(scenes), image.shape), ...centerTargets(config, truth) };
  const losses: number[] = [];
  for (let k = 0; k < STEPS; k++) losses.push(Number((await executable.run(feeds)).loss.data[0]));
  expect(losses[STEPS - 1]).toBeLessThan(losses[0] / 5);

  const state = await executable.readParams();
  const weights = Object.fromEntries(Object.keys(params).map((name) => [name, state[name]]));
  const files = folder({
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'model.safetensors': writeSafetensors(halves(weights)),
  });
  const detector = await centerDetector({ backend, files, batch: 4 });
  const pictures = truth.map((_, n): RgbImage => {
    const bytes = 3 * SIZE * SIZE;
    return {
      width: SIZE,
      height: SIZE,
      channels: 3,
      data: new Uint8ClampedArray(scenes.images.slice(n * bytes, (n + 1) * bytes)),
    };
  });
  const detections = await detector.detectMany(pictures);
  const figures = evaluateDetections(
    truth.map((objects, n) => ({ truth: objects, detections: detections[n] })),
  );
  expect(figures.instanceSuccessRate).toBe(1);
  expect(figures.meanIoU).toBeGreaterThan(0.85);

  const alone = await detector.detect(pictures[1]);
  expect(alone.map(({ label }) => label)).toEqual(detections[1].map(({ label }) => label));
  alone.forEach(({ box }, k) => {
    box.forEach((edge, e) => {
      expect(edge).toBeCloseTo(detections[1][k].box[e], 4);
    });
  });
  const wrong = folder({
    'config.json': new TextEncoder().encode(JSON.stringify({ ...config, bins: 13 })),
    'model.safetensors': writeSafetensors(weights),
  });
  await expect(centerDetector({ backend, files: wrong })).rejects.toThrow('edges.out.weight');
  await backend.dispose();
});
