// A stage that takes a moment: a network of two layers learns to add up numbers.

import {
  add,
  input,
  matmul,
  mean,
  multiply,
  parameterStore,
  referenceBackend,
  silu,
  subtract,
  tensor,
  uniform,
  zeros,
} from '@spatiallock/core';
import { normals } from '@spatiallock/core/nn';
import { cosineRate, muon } from '@spatiallock/core/train';
import type { StageContext, TrainingStage } from '../src/index.js';

const [BATCH, WIDTH] = [4, 16];

export function tinyStage(saveEvery: number, onBatch: (step: number) => Promise<void>): TrainingStage {
  const { scope, params } = parameterStore();
  const x = input('x', [BATCH, WIDTH]);
  const y = input('y', [BATCH, 1]);
  const hidden = silu(matmul(x, scope.param('in.weight', [WIDTH, WIDTH], uniform(0.3))));
  const bias = scope.param('out.bias', [1], zeros);
  const output = add(matmul(hidden, scope.param('out.weight', [WIDTH, 1], uniform(0.3))), bias);
  const error = subtract(output, y);
  const steps = 60;
  return {
    name: 'tiny',
    inputs: { x, y },
    params,
    loss: mean(multiply(error, error)),
    optimiser: muon(),
    learningRate: cosineRate({ peak: 0.02, warmup: 5, steps }),
    ema: 0.9,
    steps,
    seed: 1,
    saveEvery,
    async batch(step) {
      await onBatch(step);
      const data = normals(step + 1, BATCH * WIDTH);
      const sums = Array.from({ length: BATCH }, (_, n) =>
        data.subarray(n * WIDTH, (n + 1) * WIDTH).reduce((a, b) => a + b, 0),
      );
      return { x: tensor(data, [BATCH, WIDTH]), y: tensor(new Float32Array(sums), [BATCH, 1]) };
    },
  };
}

export const contextIn = (folder: string): StageContext => ({
  backend: referenceBackend(),
  folder,
  signal: new AbortController().signal,
});
