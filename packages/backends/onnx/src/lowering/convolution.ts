// Convolution.

import type { Shape } from '@spatiallock/core';
import { attrsOf, type ConvAttrs } from '@spatiallock/core/backend';
import type { Attributes } from '../messages.js';
import { blockedConvolution, blockedPays } from './blocked.js';
import { conv2dInputGradient } from './inputGradient.js';
import { conv2dKernelGradient } from './kernelGradient.js';
import type { Lowering, LoweringTable } from './lowering.js';
import { winogradConvolution, winogradTile } from './winograd.js';

export function convAttributes({ stride, padding, groups }: ConvAttrs): Attributes {
  return { strides: stride, pads: padding, group: groups };
}

/** Inputs x, kernel and, where it was fused, bias. */
const conv2d: Lowering = (value, inputs, emitter) => {
  const attrs = attrsOf<ConvAttrs>(value);
  const [x, kernel, bias] = inputs as [string, string, string?];
  const [shape, kernelShape] = value.inputs.map((each) => each.shape) as [Shape, Shape];
  const conv = { ...attrs, x, kernel, bias, shape, kernelShape };
  const tile = value.dtype === 'float32' ? winogradTile(conv, emitter) : undefined;
  if (tile !== undefined) return winogradConvolution(conv, tile, emitter);
  return value.dtype === 'float32' && attrs.groups === 1 && blockedPays(kernel, kernelShape, emitter)
    ? blockedConvolution(conv, emitter)
    : emitter.emit('Conv', inputs, convAttributes(attrs));
};

export const convolution: LoweringTable = {
  conv2d,
  conv2dBias: conv2d,
  conv2dInputGradient,
  conv2dKernelGradient,
};
