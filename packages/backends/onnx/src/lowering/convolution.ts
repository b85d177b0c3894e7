// Convolution.

import { attrsOf, type ConvAttrs } from '@spatiallock/core';
import type { Attributes } from '../messages.js';
import { conv2dInputGradient } from './inputGradient.js';
import { conv2dKernelGradient } from './kernelGradient.js';
import type { Lowering, LoweringTable } from './lowering.js';

export function convAttributes({ stride, padding, groups }: ConvAttrs): Attributes {
  return { strides: stride, pads: padding, group: groups };
}

const conv2d: Lowering = (value, inputs, { emit }) =>
  emit('Conv', inputs, convAttributes(attrsOf<ConvAttrs>(value)));

export const convolution: LoweringTable = {
  conv2d,
  conv2dBias: conv2d,
  conv2dInputGradient,
  conv2dKernelGradient,
};
