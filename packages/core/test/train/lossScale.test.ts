// Loss scaling: the same training where half precision holds every number, and a step left out where it does not.

import { describe, expect, it } from 'vitest';
import { inHalf, topological } from '../../src/entries/backend.js';
import { initialise } from '../../src/entries/nn.js';
import { adamw, trainingGraph } from '../../src/entries/train.js';
import { type Graph, referenceBackend, type Tensors, tensor } from '../../src/index.js';
import { regressionData, regressionGraph } from './support.js';

const sizes = { rows: 24, inputs: 20, outputs: 3 };
const options = { ...regressionGraph(sizes), optimiser: adamw(), ema: 0.9, clipNorm: 1e9 };
const plain = trainingGraph({ ...options, learningRate: (step) => step });
const scaled = trainingGraph({ ...options, learningRate: (step) => step, lossScaling: true });
const [SCALE, TRACKER] = ['train.lossScale', 'train.growthTracker'];

const paramsOf = (graph: Graph, more: Tensors = {}): Tensors => ({ ...initialise(graph.params, 3), ...more });

async function stepped(graph: Graph, params: Tensors, feeds = regressionData(sizes, 5), steps = 1) {
  const executable = await referenceBackend().compile(graph, params);
  let outputs: Tensors = {};
  for (let i = 0; i < steps; i++) outputs = await executable.run(feeds);
  return { outputs, params: await executable.readParams() };
}

const numberOf = (tensors: Tensors, name: string): number => Number(tensors[name]!.data[0]);

describe('a training step with loss scaling', () => {
  it('gives the same numbers, for the scale is a power of two', async () => {
    const [without, having] = [
      await stepped(plain, paramsOf(plain), undefined, 3),
      await stepped(scaled, paramsOf(scaled), undefined, 3),
    ];
    expect(having.outputs).toEqual(without.outputs);
    const { [SCALE]: scale, [TRACKER]: tracked, ...rest } = having.params;
    expect(rest).toEqual(without.params);
    expect([Number(scale!.data[0]), Number(tracked!.data[0])]).toEqual([2 ** 16, 3]);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])(
    'that comes to %f changes nothing, and halves the scale',
    async (value) => {
      const { x, y } = regressionData(sizes, 5);
      const broken = { x: tensor(Float32Array.from(x!.data).fill(value, 0, 1), x!.shape), y: y! };
      const before = paramsOf(scaled, { [TRACKER]: tensor([7], []) });
      const { outputs, params } = await stepped(scaled, before, broken);
      expect(numberOf(params, SCALE)).toBe(2 ** 15);
      expect(numberOf(params, TRACKER)).toBe(0);
      expect(numberOf(params, 'train.step')).toBe(1);
      expect(numberOf(outputs, 'gradientNorm')).toBe(0);
      for (const name of Object.keys(before).filter((each) => !each.startsWith('train.')))
        expect(params[name]!.data, name).toEqual(before[name]!.data);
    },
  );

  it.each([
    ['doubles it after 2,000 finite steps', 2 ** 16, 1999, 2 ** 17, 0],
    ['keeps it before', 2 ** 16, 1998, 2 ** 16, 1999],
    ['never goes beyond 2^24', 2 ** 24, 1999, 2 ** 24, 0],
  ])('%s', async (_, scale, tracked, nextScale, nextTracked) => {
    const state = { [SCALE]: tensor([scale], []), [TRACKER]: tensor([tracked], []) };
    const { params } = await stepped(scaled, paramsOf(scaled, state));
    expect([numberOf(params, SCALE), numberOf(params, TRACKER)]).toEqual([nextScale, nextTracked]);
  });

  it('never falls below 1', async () => {
    const { x, y } = regressionData(sizes, 5);
    const broken = { x: tensor(Float32Array.from(x!.data).fill(Number.NaN), x!.shape), y: y! };
    const { params } = await stepped(scaled, paramsOf(scaled, { [SCALE]: tensor([1], []) }), broken);
    expect(numberOf(params, SCALE)).toBe(1);
  });
});

describe('half precision', () => {
  const halves = (graph: Graph) =>
    topological([...Object.values(graph.outputs), ...Object.values(graph.updates ?? {})]).filter(
      ({ op, dtype }) => op.name === 'matmul' && dtype === 'float16',
    );

  it('computes products and their gradients of a step whose loss is scaled, and of no other', () => {
    expect(inHalf(plain)).toBe(plain);
    const half = inHalf(scaled);
    // The product, and the gradient of its matrix.
    expect(halves(half)).toHaveLength(2);
    for (const next of Object.values(half.updates!)) expect(next.dtype).toBe('float32');
  });

  it('follows float32 on a device that has it', async () => {
    const before = paramsOf(scaled, { [SCALE]: tensor([2 ** 10], []) });
    const exact = await stepped(scaled, before);
    const { outputs, params } = await stepped(inHalf(scaled), before);
    expect(numberOf(outputs, 'loss')).toBeCloseTo(numberOf(exact.outputs, 'loss'), 2);
    expect(numberOf(outputs, 'loss')).not.toBe(numberOf(exact.outputs, 'loss'));
    expect(numberOf(outputs, 'gradientNorm')).toBeCloseTo(numberOf(exact.outputs, 'gradientNorm'), 1);
    expect(numberOf(params, TRACKER)).toBe(1);
  });

  it('leaves out a step whose gradients it cannot hold', async () => {
    const before = paramsOf(scaled, { [SCALE]: tensor([2 ** 24], []) });
    const { params } = await stepped(inHalf(scaled), before);
    expect(numberOf(params, SCALE)).toBe(2 ** 23);
    expect(params.weight).toEqual(before.weight);
  });
});
