// What the network needs beyond core's layers, built from primitives.

import {
  concat,
  constant,
  full,
  matmul,
  maximum,
  multiply,
  reshape,
  sliceAxis,
  swapLast,
  tensor,
  type Value,
} from '@spatiallock/core';

/** x where positive, a tenth of it elsewhere. */
export const leakyRelu = (x: Value): Value => maximum(x, multiply(x, 0.1));

/** The largest of each 3 x 3 window, stride 2, padding 1. x: [N, C, H, W] with even H and W. */
export function maxPool(x: Value): Value {
  return halveByMaximum(halveByMaximum(x, 2), 3);
}

/** Along one axis: the largest of elements 2i - 1, 2i and 2i + 1. */
function halveByMaximum(x: Value, axis: number): Value {
  const half = x.shape[axis] / 2;
  if (!Number.isInteger(half))
    throw new Error(`maxPool: axis ${axis} has ${x.shape[axis]} elements, not an even number`);
  const halved = x.shape.map((n, i) => (i === axis ? half : n));
  const pairs = reshape(x, [...x.shape.slice(0, axis), half, 2, ...x.shape.slice(axis + 1)]);
  const member = (k: number): Value => reshape(sliceAxis(pairs, axis + 1, k, k + 1), halved);
  const [even, odd] = [member(0), member(1)];
  const border = full(
    halved.map((n, i) => (i === axis ? 1 : n)),
    -3.4e38,
  );
  const before = half > 1 ? concat([border, sliceAxis(odd, axis, 0, half - 1)], axis) : border;
  return maximum(maximum(even, odd), before);
}

/** Bilinear interpolation between pixel middles, as PyTorch without `align_corners`. x: [N, C, H, W]. */
export function resizeBilinear(x: Value, height: number, width: number): Value {
  const [, , fromHeight, fromWidth] = x.shape;
  const wide = matmul(x, swapLast(interpolation(fromWidth, width)));
  return matmul(interpolation(fromHeight, height), wide);
}

/** The matrix [to, from] that interpolates one axis. */
function interpolation(from: number, to: number): Value {
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const place = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    data[i * from + low] += 1 - (place - low);
    data[i * from + Math.min(from - 1, low + 1)] += place - low;
  }
  return constant(tensor(data, [to, from]));
}
