// Layers with PyTorch's parameter names and default initialisation.

import { groupNorm as groupNormOf, layerNorm as layerNormOf, perChannel } from '../graph/composite.js';
import { add } from '../graph/elementwise.js';
import { gather } from '../graph/indexing.js';
import { type ConvOptions, conv2d as convolve, matmul, swapLast } from '../graph/linear.js';
import type { Value } from '../graph/value.js';
import { type Init, normal, ones, type Scope, uniform, zeros } from './scope.js';

/** Options of a linear layer. */
export interface LinearOptions {
  readonly bias?: boolean;
  readonly init?: Init;
}

/** x [..., in] times `weight` [out, in], plus `bias`. */
export function linear(scope: Scope, x: Value, width: number, options: LinearOptions = {}): Value {
  const fanIn = x.shape.at(-1)!;
  const bound = 1 / Math.sqrt(fanIn);
  const weight = scope.param('weight', [width, fanIn], options.init ?? uniform(bound));
  const y = matmul(x, swapLast(weight));
  if (options.bias === false) return y;
  return add(y, scope.param('bias', [width], options.init ? zeros : uniform(bound)));
}

export interface Conv2dOptions extends ConvOptions {
  readonly bias?: boolean;
  readonly init?: Init;
}

/** x [N, C, H, W] to `channels` channels by a square kernel. */
export function conv2d(
  scope: Scope,
  x: Value,
  channels: number,
  size: number,
  options: Conv2dOptions = {},
): Value {
  const inner = x.shape[1]! / (options.groups ?? 1);
  const bound = 1 / Math.sqrt(inner * size * size);
  const weight = scope.param('weight', [channels, inner, size, size], options.init ?? uniform(bound));
  const { bias, init, ...convolution } = options;
  const y = convolve(x, weight, convolution);
  if (bias === false) return y;
  return add(y, perChannel(scope.param('bias', [channels], init ? zeros : uniform(bound)), y));
}

/** Normalises the last axis. */
export function layerNorm(scope: Scope, x: Value, epsilon = 1e-5): Value {
  const width = x.shape.at(-1)!;
  return layerNormOf(x, scope.param('weight', [width], ones), scope.param('bias', [width], zeros), epsilon);
}

/** Normalises groups of channels of x [N, C, H, W]. */
export function groupNorm(scope: Scope, x: Value, groups: number, epsilon = 1e-5): Value {
  const channels = x.shape[1]!;
  return groupNormOf(
    x,
    scope.param('weight', [channels], ones),
    scope.param('bias', [channels], zeros),
    groups,
    epsilon,
  );
}

/** Rows of `weight` [count, width] for int32 ids [...]. */
export function embedding(scope: Scope, ids: Value, count: number, width: number, std = 0.02): Value {
  return gather(scope.param('weight', [count, width], normal(std)), ids);
}
