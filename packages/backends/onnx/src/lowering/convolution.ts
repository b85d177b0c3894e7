// Convolution and its two gradients.

import { attrsOf, type ConvAttrs, type ConvGradientAttrs, type Shape, type Value } from '@spatiallock/core';
import type { Attributes } from '../messages.js';
import type { Emitter } from '../emitter.js';
import type { Lowering, LoweringTable } from './lowering.js';

type Sides = readonly [number, number, number, number];

function convAttributes({ stride, padding, groups }: ConvAttrs): Attributes {
  return { strides: stride, pads: padding, group: groups };
}

export const conv2d: Lowering = (value, inputs, { emit }) =>
  emit('Conv', inputs, convAttributes(attrsOf<ConvAttrs>(value)));

/** A transposed convolution; output_padding makes up for pixels that a stride left unseen. */
function transposedConvolution(value: Value, inputs: readonly string[], { emit }: Emitter): string {
  const attrs = attrsOf<ConvGradientAttrs>(value);
  const [dy, kernel] = value.inputs as [Value, Value];
  const [top, left, bottom, right] = attrs.padding;
  const rest = ([2, 3] as const).map((axis, i) => {
    const reach = (dy.shape[axis]! - 1) * attrs.stride[i]! + kernel.shape[axis]!;
    return attrs.shape[axis]! + (i === 0 ? top + bottom : left + right) - reach;
  });
  return emit('ConvTranspose', inputs, { ...convAttributes(attrs), output_padding: rest });
}

/** dy convolved with the flipped, transposed kernel: stride 1 and one group only. */
function flippedConvolution(value: Value, [dy, kernel]: readonly string[], emitter: Emitter): string {
  const { emit } = emitter;
  const { padding, shape } = attrsOf<ConvGradientAttrs>(value);
  const [grad, weight] = value.inputs as [Value, Value];
  const [kh, kw] = weight.shape.slice(2) as [number, number];
  const [top, left] = padding;
  const before = [kh - 1 - top, kw - 1 - left] as const;
  const after = [0, 1].map((i) => shape[i + 2]! + weight.shape[i + 2]! - 1 - grad.shape[i + 2]! - before[i]!);
  const pads: Sides = [before[0], before[1], after[0]!, after[1]!];
  return emit('Conv', [dy!, flipped(kernel!, weight.shape, emitter)], { pads });
}

function flipped(kernel: string, shape: Shape, { emit, ints }: Emitter): string {
  const swapped = emit('Transpose', [kernel], { perm: [1, 0, 2, 3] });
  const axes = [2, 3].filter((axis) => shape[axis]! > 1);
  if (axes.length === 0) return swapped;
  const each = (n: number) => ints(axes.map(() => n));
  return emit('Slice', [swapped, each(-1), each(-(2 ** 31)), ints(axes), each(-1)]);
}

export const conv2dInputGradient: Lowering = (value, inputs, emitter) => {
  const { stride, groups, padding } = attrsOf<ConvGradientAttrs>(value);
  const [, kernel] = value.inputs as [Value, Value];
  const within = padding[0] < kernel.shape[2]! && padding[1] < kernel.shape[3]!;
  const simple = stride[0] === 1 && stride[1] === 1 && groups === 1 && within;
  return simple ? flippedConvolution(value, inputs, emitter) : transposedConvolution(value, inputs, emitter);
};

/** Pixels of the padded NHWC input, as row numbers, that each output pixel sees: [N, OH, OW, KH, KW]. */
function patchRows(input: Shape, output: Shape, kernel: Shape, attrs: ConvGradientAttrs): Int32Array {
  const [n, , h, w] = input as [number, number, number, number];
  const [, , oh, ow] = output as [number, number, number, number];
  const [kh, kw] = kernel.slice(2) as [number, number];
  const [top, left, bottom, right] = attrs.padding;
  const [ph, pw] = [h + top + bottom, w + left + right];
  const rows = new Int32Array(n * oh * ow * kh * kw);
  let at = 0;
  for (let image = 0; image < n; image++)
    for (let y = 0; y < oh; y++)
      for (let x = 0; x < ow; x++)
        for (let ky = 0; ky < kh; ky++)
          for (let kx = 0; kx < kw; kx++)
            rows[at++] = (image * ph + y * attrs.stride[0] + ky) * pw + x * attrs.stride[1] + kx;
  return rows;
}

/** Every output pixel's patch as one row of [N OH OW, KH KW C]; the gradient is then a matrix product. */
export const conv2dKernelGradient: Lowering = (value, [x, dy], { emit, ints, constant }) => {
  const attrs = attrsOf<ConvGradientAttrs>(value);
  const [input, grad] = value.inputs as [Value, Value];
  const [n, c, h, w] = input.shape as [number, number, number, number];
  const [, o, oh, ow] = grad.shape as [number, number, number, number];
  const [, ci, kh, kw] = attrs.shape as [number, number, number, number];
  const [top, left, bottom, right] = attrs.padding;
  const [pixels, taps, { groups }] = [n * oh * ow, kh * kw, attrs];

  const channelsLast = emit('Transpose', [x!], { perm: [0, 2, 3, 1] });
  const padded = attrs.padding.every((p) => p === 0)
    ? channelsLast
    : emit('Pad', [channelsLast, ints([0, top, left, 0, 0, bottom, right, 0])]);
  const table = emit('Reshape', [padded, ints([n * (h + top + bottom) * (w + left + right), c])]);
  const rows = patchRows(input.shape, grad.shape, attrs.shape, attrs);
  const patches = emit('Gather', [table, constant({ dtype: 'int32', shape: [pixels * taps], data: rows })], { axis: 0 });
  if (groups === 1) {
    const columns = emit('Reshape', [patches, ints([pixels, taps * c])]);
    const gradRows = emit('Reshape', [emit('Transpose', [dy!], { perm: [1, 0, 2, 3] }), ints([o, pixels])]);
    const product = emit('Reshape', [emit('MatMul', [gradRows, columns]), ints([o, kh, kw, c])]);
    return taps === 1
      ? emit('Reshape', [product, ints(attrs.shape)])
      : emit('Transpose', [product], { perm: [0, 3, 1, 2] });
  }
  const byGroup = emit('Reshape', [patches, ints([pixels, taps, groups, ci])]);
  const columns = emit('Reshape', [
    emit('Transpose', [byGroup], { perm: [2, 0, 1, 3] }),
    ints([groups, pixels, taps * ci]),
  ]);
  const gradRows = emit('Reshape', [
    emit('Transpose', [dy!], { perm: [1, 0, 2, 3] }),
    ints([groups, o / groups, pixels]),
  ]);
  const product = emit('Reshape', [emit('MatMul', [gradRows, columns]), ints([o, kh, kw, ci])]);
  return emit('Transpose', [product], { perm: [0, 3, 1, 2] });
};

export const convolution: LoweringTable = { conv2d, conv2dInputGradient, conv2dKernelGradient };
