// What networks predict and are trained to predict, by hand: clean 2, noise -1, at a signal of 0.8 and a noise of 0.6.

import { describe, expect, it } from 'vitest';
import { predictionTarget, x0Prediction } from '../../src/entries/train.js';
import { input, interpret, tensor, type Value } from '../../src/index.js';

const column = (name: string): Value => input(name, [1, 1, 1, 1]);
const [clean, noise, signal, level, sample, output] = [
  'clean',
  'noise',
  'signal',
  'level',
  'sample',
  'output',
].map(column) as [Value, Value, Value, Value, Value, Value];

function numberOf(value: Value, feeds: Readonly<Record<string, number>>): number {
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, number]) => [name, tensor([number], [1, 1, 1, 1])]),
  );
  return Number(interpret({ value }, given, {}).value!.data[0]);
}

const levels = { signal: 0.8, level: 0.6 };
const noised = 0.8 * 2 + 0.6 * -1;
const targets = { epsilon: -1, v_prediction: 0.8 * -1 - 0.6 * 2, sample: 2 } as const;

describe.each(['epsilon', 'v_prediction', 'sample'] as const)('%s', (type) => {
  it('is trained towards its target', () => {
    const target = predictionTarget(type, { clean, noise, signalLevel: signal, noiseLevel: level });
    expect(numberOf(target, { clean: 2, noise: -1, ...levels })).toBeCloseTo(targets[type], 6);
  });

  it('of that target gives the clean latents back', () => {
    const x0 = x0Prediction(type, { sample, output, signal, noise: level });
    expect(numberOf(x0, { sample: noised, output: targets[type], ...levels })).toBeCloseTo(2, 5);
  });
});

it('an epsilon prediction without a signal is divided by a thousandth', () => {
  const x0 = x0Prediction('epsilon', { sample, output, signal, noise: level });
  expect(numberOf(x0, { sample: 3, output: 1, signal: 0, level: 1 })).toBeCloseTo(2000, 1);
});
