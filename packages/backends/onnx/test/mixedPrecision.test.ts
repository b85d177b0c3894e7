// Training in mixed precision: a device of half precision computes products and their gradients in halves.

import { cpu } from '@spatiallock/backend-onnx';
import {
  type Graph,
  input,
  mean,
  multiply,
  parameterStore,
  scalar,
  sizeOf,
  subtract,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { topological } from '@spatiallock/core/backend';
import { parseUNet2dConditionConfig, unet2dCondition } from '@spatiallock/core/models';
import { initialise, normals } from '@spatiallock/core/nn';
import { adamw, trainingGraph } from '@spatiallock/core/train';
import { cosine } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend } from './support.js';

const half = cpu({ precision: 'half' });
afterAll(() => Promise.all([backend.dispose(), half.dispose()]));

const config = parseUNet2dConditionConfig({
  block_out_channels: [16, 32],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  norm_num_groups: 4,
  attention_head_dim: 8,
  cross_attention_dim: 24,
  layers_per_block: 1,
});

function unetTraining(lossScaling: boolean): Graph {
  const { scope, params } = parameterStore();
  const inputs = {
    sample: input('sample', [2, 4, 16, 16]),
    timestep: input('timestep', [2]),
    text: input('text', [2, 20, 24]),
    noise: input('noise', [2, 4, 16, 16]),
  };
  const { sample, timestep, text, noise } = inputs;
  const output = unet2dCondition(scope, config, { sample, timestep, encoderHiddenStates: text });
  const error = subtract(output, noise);
  return trainingGraph({
    ...{ inputs, params, loss: mean(multiply(error, error)), lossScaling },
    optimiser: adamw(),
    learningRate: () => scalar(2e-3),
    clipNorm: 1e6,
  });
}

const graph = unetTraining(true);
const feeds: Tensors = Object.fromEntries(
  Object.entries(graph.inputs).map(([name, { shape }], i) => [
    name,
    tensor(name === 'timestep' ? Float32Array.of(300, 700) : normals(i + 1, sizeOf(shape)), shape),
  ]),
);

async function trained(on: typeof backend, of: Graph, params: Tensors, steps: number) {
  const executable = await on.compile(of, params);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(Number((await executable.run(feeds)).loss!.data[0]));
  const after = await executable.readParams();
  await executable.dispose();
  return { losses, after };
}

const start = initialise(graph.params, 4);
const scale = (params: Tensors): number => Number(params['train.lossScale']!.data[0]);

describe('a training step on a device of half precision', () => {
  it('has gradients that point where those of float32 do', async () => {
    const one = { ...start, 'train.lossScale': tensor([2 ** 10], []) };
    const exact = await trained(backend, graph, one, 1);
    const mixed = await trained(half, graph, one, 1);
    expect(mixed.losses[0]).not.toBe(exact.losses[0]);
    expect(Math.abs(mixed.losses[0]! - exact.losses[0]!)).toBeLessThan(1e-3);
    // A tenth of the gradient, after one step of AdamW.
    const means = Object.keys(start).filter((name) => name.endsWith('.mean'));
    const all = (params: Tensors) => means.flatMap((name) => [...params[name]!.data]);
    expect(means.length).toBeGreaterThan(50);
    expect(cosine(all(mixed.after), all(exact.after))).toBeGreaterThan(0.9995);
    expect(scale(mixed.after)).toBe(2 ** 10);
  });

  it('learns as float32 does, from the scale that it finds', async () => {
    const steps = 25;
    const exact = await trained(backend, unetTraining(false), without(start), steps);
    const mixed = await trained(half, graph, start, steps);
    const undone = Math.log2(2 ** 16 / scale(mixed.after));
    expect(undone).toBeLessThan(10);
    expect(mixed.losses.at(-1)!).toBeLessThan(0.9 * mixed.losses[0]!);
    const there = exact.losses.at(-1 - undone)!;
    expect(Math.abs(mixed.losses.at(-1)! - there)).toBeLessThan(0.02);
    for (const [name, { data }] of Object.entries(mixed.after))
      expect(data.every(Number.isFinite), name).toBe(true);
  });

  it('stays float32 where the loss is not scaled', async () => {
    const plain = unetTraining(false);
    const exact = await trained(backend, plain, without(start), 2);
    expect((await trained(half, plain, without(start), 2)).losses).toEqual(exact.losses);
    expect(topological(Object.values(plain.updates!)).some(({ dtype }) => dtype === 'float16')).toBe(false);
  });
});

/** Without the state of loss scaling. */
const without = (params: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(params).filter(([name]) => !/^train\.(lossScale|growthTracker)$/.test(name)),
  );
