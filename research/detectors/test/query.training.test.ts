import { cpu } from '@spatiallock/backend-onnx';
import { grad, input, parameterStore, type RgbImage, tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { initialise } from '@spatiallock/core/nn';
import { adamw, cosineRate, trainingGraph } from '@spatiallock/core/train';
import {
  defaultQueryConfig,
  type QueryConfig,
  queryDetector,
  queryGraph,
  queryTargetInputs,
  queryTargets,
} from '@spatiallock/detectors';
import { evaluateDetections } from '@spatiallock/evaluation';
import { loadArt, renderBatch, toTensor } from '@spatiallock/scenes';
import { expect, test } from 'vitest';
import { matchingBackend } from '../src/matching.js';

const SIZE = 64;
const STEPS = 100;

test('learns two scenes by heart with matching on the host, and guides by a graph alone', async () => {
  const scenes = renderBatch(await loadArt(), [40_000_003, 40_000_008], { count: 2, size: SIZE });
  const truth = scenes.plans.map(({ objects }) => objects);
  const config: QueryConfig = {
    ...defaultQueryConfig,
    labels: [...new Set(truth.flat().map(({ label }) => label))].sort(),
    image_size: SIZE,
    channels: [8, 16, 24, 36],
    blocks: [1, 1, 1],
    norm_groups: 4,
  };
  const graph = queryGraph(config);
  const { scope, params } = parameterStore();
  const image = input('image', [2, 3, SIZE, SIZE]);
  const targets = queryTargetInputs(config, 2, { matched: true });
  const step = trainingGraph({
    inputs: { image, ...targets },
    params,
    loss: graph.loss(graph.build(scope, image), targets),
    optimiser: adamw(),
    learningRate: cosineRate({ peak: 5e-3, warmup: 10, steps: STEPS }),
    clipNorm: 5,
  });
  const backend = cpu({ threads: 1 });
  const executable = await matchingBackend(backend, config, 2).compile(step, initialise(step.params, 3));
  const pixels = tensor(toTensor(scenes), image.shape);
  const labelled = queryTargets(config, truth);
  const losses: number[] = [];
  for (let k = 0; k < STEPS; k++) {
    losses.push(Number((await executable.run({ image: pixels, ...labelled })).loss.data[0]));
  }
  expect(losses[STEPS - 1]).toBeLessThan(losses[0] / 5);

  const state = await executable.readParams();
  const weights = Object.fromEntries(Object.keys(params).map((name) => [name, state[name]]));
  const files = {
    read: async (name: string) =>
      name === 'config.json' ? new TextEncoder().encode(JSON.stringify(config)) : writeSafetensors(weights),
  };
  const detector = await queryDetector({ backend, files, batch: 4 });
  const bytes = 3 * SIZE * SIZE;
  const pictures = truth.map((_, n): RgbImage => {
    const data = new Uint8ClampedArray(scenes.images.slice(n * bytes, (n + 1) * bytes));
    return { width: SIZE, height: SIZE, channels: 3, data };
  });
  const detections = await detector.detectMany(pictures);
  const figures = evaluateDetections(
    truth.map((objects, n) => ({ truth: objects, detections: detections[n] })),
  );
  expect(figures.instanceSuccessRate).toBe(1);
  expect(figures.meanIoU).toBeGreaterThan(0.8);

  // Guidance asks for the gradient at the picture, with the matching found in the graph.
  const asked = queryTargetInputs(config, 2);
  const loss = graph.loss(graph.build(scope, image), asked);
  const [slope] = grad(loss, [image]);
  const guiding = await backend.compile(
    { inputs: { image, ...asked }, params, outputs: { loss, slope } },
    weights,
  );
  const guided = await guiding.run({ image: pixels, ...labelled });
  expect(guided.loss.data[0]).toBeLessThan(losses[0] / 5);
  const size = Math.hypot(...(guided.slope.data as Float32Array));
  expect(size).toBeGreaterThan(0);
  const downhill = Float32Array.from(pixels.data, (v, i) => v - (0.02 * guided.slope.data[i]) / size);
  const after = await guiding.run({ image: tensor(downhill, image.shape), ...labelled });
  expect(after.loss.data[0]).toBeLessThan(Number(guided.loss.data[0]));
  await backend.dispose();
});
