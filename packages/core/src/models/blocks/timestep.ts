// How a network learns at which timestep it stands.

import { silu } from '../../graph/composite.js';
import { cos, multiply, sin } from '../../graph/elementwise.js';
import { concat, pad, reshape } from '../../graph/layout.js';
import { type Tensor, tensor } from '../../graph/tensor.js';
import { constant, type Value } from '../../graph/value.js';
import * as layers from '../../nn/layers.js';
import type { Scope } from '../../nn/scope.js';

/** Options of sinusoidal timestep embeddings, named as in diffusers. */
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

/**
 * The embedding of guidance scales for networks with distilled guidance: `width` sines, then cosines, of
 * 1000 (scale - 1) at frequencies from 1 down to 1 / 10000, one row a scale (Luo et al., arXiv 2310.04378,
 * as in diffusers' get_guidance_scale_embedding).
 */
export function guidanceEmbedding(scales: readonly number[], width: number): Tensor {
  const half = Math.floor(width / 2);
  const data = new Float32Array(scales.length * width);
  scales.forEach((scale, row) => {
    for (let i = 0; i < half; i++) {
      const angle = 1000 * (scale - 1) * Math.exp((-i * Math.log(10000)) / Math.max(1, half - 1));
      data[row * width + i] = Math.sin(angle);
      data[row * width + half + i] = Math.cos(angle);
    }
  });
  return tensor(data, [scales.length, width]);
}
