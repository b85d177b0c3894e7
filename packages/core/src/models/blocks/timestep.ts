// How a network learns at which timestep it stands.

import { silu } from '../../graph/composite.js';
import { cos, multiply, sin } from '../../graph/elementwise.js';
import { concat, pad, reshape } from '../../graph/layout.js';
import { tensor } from '../../graph/tensor.js';
import { constant, type Value } from '../../graph/value.js';
import * as layers from '../../nn/layers.js';
import type { Scope } from '../../nn/scope.js';

export interface TimestepOptions {
  /** Cosines before sines. */
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
}

/** Sines and cosines of timestep [N] at frequencies from 1 down to 1 / 10000: [N, width]. */
export function sinusoids(
  timestep: Value,
  width: number,
  { flipSinToCos, freqShift }: TimestepOptions,
): Value {
  const half = Math.floor(width / 2);
  const step = -Math.log(10000) / (half - freqShift);
  const frequencies = Float32Array.from({ length: half }, (_, i) => Math.exp(i * step));
  const angles = multiply(reshape(timestep, [-1, 1]), constant(tensor(frequencies, [1, half])));
  const waves = flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)];
  return pad(concat(waves, 1), [0, 0], [0, width - 2 * half]);
}

/** Two linear layers with SiLU between them: [N, any] -> [N, width]. */
export function timestepEmbedding(scope: Scope, waves: Value, width: number): Value {
  const hidden = silu(layers.linear(scope.at('linear_1'), waves, width));
  return layers.linear(scope.at('linear_2'), hidden, width);
}
