// The gradient of a convolution with respect to its input.

import type { Value } from '@spatiallock/core';
import { attrsOf, type ConvGradientAttrs } from '@spatiallock/core/backend';
import type { Emitter } from '../emitter.js';
import { blockedConvolution, blockedPays } from './blocked.js';
import { flipped } from './flip.js';
import type { Lowering } from './lowering.js';

type Sides = ConvGradientAttrs['padding'];

export const conv2dInputGradient: Lowering = (value, inputs, emitter) => {
  const { stride, groups, padding } = attrsOf<ConvGradientAttrs>(value);
  const [, kernel] = value.inputs as [Value, Value];
  const within = padding[0] < kernel.shape[2]! && padding[1] < kernel.shape[3]!;
  const simple = stride[0] === 1 && stride[1] === 1 && groups === 1 && within;
  return simple ? flippedConvolution(value, inputs, emitter) : transposedConvolution(value, inputs, emitter);
};

/** A transposed convolution; output_padding makes up for pixels that a stride left unseen. */
function transposedConvolution(value: Value, inputs: readonly string[], { emit }: Emitter): string {
  const { stride, padding, groups, shape } = attrsOf<ConvGradientAttrs>(value);
  const [dy, kernel] = value.inputs as [Value, Value];
  const [top, left, bottom, right] = padding;
  const sides = [top + bottom, left + right];
  const unseen = [0, 1].map((i) => {
    const reach = (dy.shape[i + 2]! - 1) * stride[i]! + kernel.shape[i + 2]!;
    return shape[i + 2]! + sides[i]! - reach;
  });
  return emit('ConvTranspose', inputs, {
    strides: stride,
    pads: padding,
    group: groups,
    output_padding: unseen,
  });
}

/** dy convolved with the flipped, transposed kernel: stride 1 and one group only. */
function flippedConvolution(value: Value, [dy, kernel]: readonly string[], emitter: Emitter): string {
  const { padding, shape } = attrsOf<ConvGradientAttrs>(value);
  const [gradient, weight] = value.inputs as [Value, Value];
  const before = [0, 1].map((i) => weight.shape[i + 2]! - 1 - padding[i]!);
  const after = [0, 1].map((i) => {
    const reach = shape[i + 2]! + weight.shape[i + 2]! - 1;
    return reach - gradient.shape[i + 2]! - before[i]!;
  });
  const pads = [...before, ...after] as unknown as Sides;
  const [o, c, ...sides] = weight.shape as [number, number, number, number];
  const kernelShape = [c, o, ...sides];
  if (value.dtype === 'float32' && blockedPays(kernel!, kernelShape, emitter)) {
    const stride: [number, number] = [1, 1];
    const conv = { x: dy!, kernel: kernel!, kernelShape, stride, padding: pads, turned: true };
    return blockedConvolution(conv, emitter);
  }
  const turned = flipped(emitter.emit('Transpose', [kernel!], { perm: [1, 0, 2, 3] }), weight.shape, emitter);
  return emitter.emit('Conv', [dy!, turned], { pads });
}
