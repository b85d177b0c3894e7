import { describe, expect, it } from 'vitest';
import { adamw, cosineRate, trainingGraph } from '../../src/entries/train.js';
import type { Tensors } from '../../src/index.js';
import { plainAdamW, plainRegression } from './plainAdamW.js';
import { expectNear, type Regression, regressionData, regressionGraph, scalarOf, train } from './support.js';

const problem: Regression = { rows: 6, inputs: 3, outputs: 2 };
const data = (step: number) => regressionData(problem, step + 10);
const numbersOf = (tensors: Tensors, name: string) => Array.from(tensors[name].data, Number);

describe('adamw', () => {
  it('moves as a plain loop does, with clipping, decay, schedule and moving average', async () => {
    const options = { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.3 };
    const [clipNorm, ema, steps] = [2, 0.7, 25];
    const schedule = { peak: 0.1, warmup: 5, steps: 20, floor: 0.2 };
    const rate = (t: number) => {
      const done = Math.min(1, Math.max(0, (t - 5) / 15));
      return 0.1 * Math.min(1, t / 5) * (0.2 + (0.8 * (1 + Math.cos(Math.PI * done))) / 2);
    };
    const graph = trainingGraph({
      ...regressionGraph(problem),
      optimiser: adamw(options),
      learningRate: cosineRate(schedule),
      clipNorm,
      ema,
    });
    const { start, results } = await train(graph, steps, data);

    const [weight, bias] = [numbersOf(start, 'weight'), numbersOf(start, 'bias')];
    const params = { weight: { values: weight, decays: true }, bias: { values: bias, decays: false } };
    const plain = plainAdamW(params, { ...options, clipNorm, ema, rate });
    const norms: number[] = [];
    for (const [step, { outputs, state }] of results.entries()) {
      const { x, y } = data(step);
      const { loss, gradients } = plainRegression(x.data, y.data, weight, bias);
      const norm = plain.step(gradients);
      norms.push(norm);
      const scalars = ['loss', 'gradientNorm', 'learningRate'].map((name) => scalarOf(outputs, name));
      expectNear(scalars, [loss, norm, rate(step + 1)], 1e-5);
      expectNear(numbersOf(state, 'weight'), weight, 1e-5);
      expectNear(numbersOf(state, 'bias'), bias, 1e-5);
      expectNear(numbersOf(state, 'ema.weight'), plain.averages.weight, 1e-5);
      expectNear(numbersOf(state, 'ema.bias'), plain.averages.bias, 1e-5);
    }
    // The case would prove little if nothing, or everything, were clipped.
    expect(norms.filter((norm) => norm > clipNorm).length).toBeGreaterThan(2);
    expect(norms.filter((norm) => norm < clipNorm).length).toBeGreaterThan(2);
  });

  it('solves a regression', async () => {
    const graph = trainingGraph({
      ...regressionGraph(problem),
      optimiser: adamw({ weightDecay: 0 }),
      learningRate: cosineRate({ peak: 0.1, warmup: 5, steps: 150 }),
      clipNorm: 100,
    });
    const { results } = await train(graph, 150, data);
    const losses = results.map(({ outputs }) => scalarOf(outputs, 'loss'));
    expect(losses[0]).toBeGreaterThan(0.5);
    expect(losses.at(-1)).toBeLessThan(1e-4);
  });
});

describe('trainingGraph', () => {
  it('holds still what does not train, and keeps no state for it', async () => {
    const graph = trainingGraph({
      ...regressionGraph(problem),
      optimiser: adamw(),
      learningRate: cosineRate({ peak: 0.1, warmup: 1, steps: 10 }),
      ema: 0.9,
      trains: (name) => name === 'bias',
    });
    const { start, results } = await train(graph, 3, data);
    const { state } = results[2];
    expect(state.weight.data).toEqual(start.weight.data);
    expect(state.bias.data).not.toEqual(start.bias.data);
    expect(scalarOf(state, 'train.step')).toBe(3);
    expect(Object.keys(graph.updates ?? {}).sort()).toEqual(
      ['bias', 'ema.bias', 'optimiser.bias.mean', 'optimiser.bias.square', 'train.step'].sort(),
    );
  });
});
