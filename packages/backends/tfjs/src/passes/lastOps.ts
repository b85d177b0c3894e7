// Ops of maps whose channels come last, [N, H, W, C]. They exist between the layout pass and the lowerings.

import { pad, reshape, type Shape, slice, transpose, type Value } from '@spatiallock/core';
import { type ConvAttrs, type FactorAttrs, node, type Op } from '@spatiallock/core/backend';

/** Where the axes of [N, C, H, W] come from and go to. */
export const TO_LAST = [0, 2, 3, 1] as const;
export const TO_FIRST = [0, 3, 1, 2] as const;
/** Axis i of [N, C, H, W] is axis AXIS_LAST[i] of [N, H, W, C]. */
export const AXIS_LAST = [0, 3, 1, 2] as const;

export function lastShape([n, c, h, w]: Shape): number[] {
  return [n!, h!, w!, c!];
}

const conv2dLastOp: Op = {
  name: 'conv2dLast',
  infer: ([x, kernel], attrs) => {
    const { stride, padding } = attrs as unknown as ConvAttrs;
    const [n, h, w] = x!.shape as [number, number, number, number];
    const [kh, kw, , o] = kernel!.shape as [number, number, number, number];
    const height = Math.floor((h + padding[0] + padding[2] - kh) / stride[0]) + 1;
    const width = Math.floor((w + padding[1] + padding[3] - kw) / stride[1]) + 1;
    return { shape: [n, height, width, o], dtype: x!.dtype };
  },
};

const halfTurnOp: Op = {
  name: 'halfTurn',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
};

const upsampleLastOp: Op = {
  name: 'upsampleLast',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    return { shape: [n, h * factor, w * factor, c], dtype: x!.dtype };
  },
};

/** x [N, H, W, C] with kernel [KH, KW, C, O]; padding may be negative, which crops. */
export function conv2dLast(
  x: Value,
  kernel: Value,
  stride: ConvAttrs['stride'],
  padding: ConvAttrs['padding'],
): Value {
  const crop = padding.map((p) => Math.max(0, -p)) as [number, number, number, number];
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const inside = slice(x, [0, crop[0], crop[1], 0], [n, h - crop[2], w - crop[3], c]);
  const attrs: ConvAttrs = {
    stride,
    padding: padding.map((p) => Math.max(0, p)) as unknown as ConvAttrs['padding'],
    groups: 1,
  };
  return node(conv2dLastOp, [inside, kernel], { ...attrs });
}

export const upsampleLast = (x: Value, factor: number): Value => node(upsampleLastOp, [x], { factor });

/**
 * dL/dx of a convolution, of shape `to` [N, H, W, C]: dy [N, OH, OW, O] with zeros between its pixels where the
 * stride left some out, convolved with the kernel [O, C, KH, KW] turned by half a turn.
 */
export function inputGradientLast(
  dy: Value,
  kernel: Value,
  { stride, padding }: ConvAttrs,
  to: Shape,
): Value {
  const [, height, width] = to as [number, number, number, number];
  const [, , kh, kw] = kernel.shape as [number, number, number, number];
  const spread = spreadPixels(dy, stride);
  const before = [kh - 1 - padding[0], kw - 1 - padding[1]] as const;
  const after = [
    height + kh - 1 - before[0] - spread.shape[1]!,
    width + kw - 1 - before[1] - spread.shape[2]!,
  ] as const;
  const turned = node(halfTurnOp, [transpose(kernel, [2, 3, 0, 1])]);
  return conv2dLast(spread, turned, [1, 1], [...before, ...after]);
}

/** Puts stride - 1 zeros after every pixel. */
function spreadPixels(x: Value, [down, across]: ConvAttrs['stride']): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const rows = pad(reshape(x, [n * h, 1, w * c]), [0, 0, 0], [0, down - 1, 0]);
  const pixels = pad(reshape(rows, [n * h * down * w, 1, c]), [0, 0, 0], [0, across - 1, 0]);
  return reshape(pixels, [n, h * down, w * across, c]);
}
