// A stage that learns within seconds: a network of two layers adds up numbers.

import {
  add,
  cosineRate,
  input,
  matmul,
  mean,
  multiply,
  muon,
  normals,
  parameterStore,
  silu,
  subtract,
  tensor,
  uniform,
  zeros,
} from '@spatiallock/core';
import type { TrainingStage } from '@spatiallock/training';

export const STAGE = 'sums';
export const STEPS = 120;
export const SAVE_EVERY = 10;

const [BATCH, WIDTH] = [4, 64];

export function killedStage(): TrainingStage {
  const { scope, params } = parameterStore();
  const x = input('x', [BATCH, WIDTH]);
  const y = input('y', [BATCH, 1]);
  const hidden = silu(matmul(x, scope.param('in.weight', [WIDTH, WIDTH], uniform(0.2))));
  const sum = matmul(hidden, scope.param('out.weight', [WIDTH, 1], uniform(0.2)));
  const error = subtract(add(sum, scope.param('out.bias', [1], zeros)), y);
  return {
    name: STAGE,
    inputs: { x, y },
    params,
    loss: mean(multiply(error, error)),
    optimiser: muon(),
    learningRate: cosineRate({ peak: 0.02, warmup: 5, steps: STEPS }),
    ema: 0.9,
    steps: STEPS,
    seed: 1,
    saveEvery: SAVE_EVERY,
    async batch(step) {
      const data = normals(step + 1, BATCH * WIDTH);
      const sums = Float32Array.from({ length: BATCH }, (_, row) =>
        data.subarray(row * WIDTH, (row + 1) * WIDTH).reduce((a, b) => a + b, 0),
      );
      return { x: tensor(data, [BATCH, WIDTH]), y: tensor(sums, [BATCH, 1]) };
    },
  };
}
