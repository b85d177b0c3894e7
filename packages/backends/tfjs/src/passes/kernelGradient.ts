// The gradient of a convolution with respect to its kernel, in ops that every device has: each tap of the kernel
// saw the input shifted, so each is a product of that shift with the output's gradient.

import {
  concat,
  matmul,
  pad,
  range,
  reshape,
  type Shape,
  slice,
  transpose,
  type Value,
} from '@spatiallock/core';
import type { ConvAttrs } from '@spatiallock/core/backend';

/** Planes of the input [C, N, H, W] and dy [N, OH, OW, O] give dL/dkernel of shape `to` [O, C, KH, KW]. */
export function kernelGradient(planes: Value, dy: Value, attrs: ConvAttrs, to: Shape): Value {
  const { stride, padding } = attrs;
  const [c, n, h, w] = planes.shape as [number, number, number, number];
  const [, oh, ow, o] = dy.shape as [number, number, number, number];
  const [, , kh, kw] = to as [number, number, number, number];
  const reach = [kh - 1 + oh * stride[0], kw - 1 + ow * stride[1]] as const;
  const missing = [reach[0] - h - padding[0], reach[1] - w - padding[1]] as const;
  const after = missing.map((m) => Math.max(0, m)) as [number, number];
  const padded = pad(planes, [0, 0, padding[0], padding[1]], [0, 0, ...after]);
  const rows = reshape(dy, [n * oh * ow, o]);
  const taps = range(kh * kw).map((tap) => {
    const [y, x] = [Math.floor(tap / kw), tap % kw];
    const seen = slice(padded, [0, 0, y, x], [c, n, y + oh * stride[0], x + ow * stride[1]]);
    return matmul(reshape(everyStride(seen, stride), [c, n * oh * ow]), rows);
  });
  return transpose(reshape(concat(taps, 0), [kh, kw, c, o]), [3, 2, 0, 1]);
}

/** The first of every `stride` rows and columns of planes [C, N, H, W], whose sides are multiples of it. */
function everyStride(planes: Value, [down, across]: ConvAttrs['stride']): Value {
  const [c, n, h, w] = planes.shape as [number, number, number, number];
  const [rows, columns] = [h / down, w / across];
  const bands = reshape(planes, [c * n * rows, down, w]);
  const lines = slice(bands, [0, 0, 0], [c * n * rows, 1, w]);
  const cells = reshape(lines, [c * n * rows * columns, across]);
  return slice(cells, [0, 0], [c * n * rows * columns, 1]);
}
