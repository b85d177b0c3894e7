// Trains a U-Net of the fixtures' size with PoI and PoG's feature path on rectangles.

import { cpu } from '@spatiallock/backend-onnx';
import { add } from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { adamw, cosineRate, trainingGraph, trainingLoop } from '@spatiallock/core/train';
import { fixtureJson } from '@spatiallock/fixtures';
import { expect, it } from 'vitest';
import { defaultPerceptionConfig, readPerception, splitPerception, writePerception } from '../src/index.js';
import { pogStep, rectangles } from './support.js';

const config = parseUNet2dConditionConfig(fixtureJson('diffusers-sd1/unet/config.json'));
const SIDE = 8;
const BATCH = 2;
const STEPS = 30;

it('brings the perception loss down, and keeps what was learnt beside a model', async () => {
  const perception = { ...defaultPerceptionConfig, channels: 16, norm_groups: 4 };
  const step = pogStep(config, SIDE, { batch: BATCH, objects: 2, feature: { config: perception } });
  const graph = trainingGraph({
    inputs: step.inputs,
    params: step.params,
    loss: add(step.diffusion, step.added.loss),
    optimiser: adamw(),
    learningRate: cosineRate({ peak: 1e-2, warmup: 3, steps: STEPS, floor: 0.1 }),
    trains: step.pog.trains,
    outputs: { ...step.added.outputs, diffusion: step.diffusion },
  });
  const backend = cpu({ threads: 1 });
  const executable = await backend.compile(graph, initialise(graph.params, 1));
  // Few scenes, again and again: what is tested is that the loss is heeded, not that it generalises.
  const batch = (at: number) => rectangles(config, SIDE, [100, 400], 100 + (at % 2)).tensors;
  const seen: number[] = [];
  const diffusion: number[] = [];
  for await (const { values } of trainingLoop({ executable, done: 0, steps: STEPS, batch })) {
    seen.push(values.perception!);
    diffusion.push(values.diffusion!);
  }
  const average = (from: readonly number[]) => from.reduce((a, b) => a + b) / from.length;
  expect(average(seen.slice(-5))).toBeLessThan(0.9 * average(seen.slice(0, 5)));
  expect(average(diffusion.slice(-5))).toBeLessThan(average(diffusion.slice(0, 5)));

  const weights = await executable.readParams();
  await backend.dispose();
  const files = new Map<string, Uint8Array>();
  const write = async (path: string, bytes: Uint8Array) => void files.set(path, bytes);
  await writePerception({ write }, { config: perception, weights });
  expect([...files.keys()]).toEqual([
    'perception/diffusion_pytorch_model.safetensors',
    'perception/config.json',
  ]);
  const read = await readPerception({ read: async (path) => files.get(path) });
  expect(read.config).toEqual(perception);
  expect(read.weights).toEqual(splitPerception(weights).perception);
  await expect(writePerception({ write }, { config: perception, weights: {} })).rejects.toThrow(
    'perception: no weights named perception.*',
  );
}, 600_000);
