// Convolution in the runtime's own blocked layout [N, C / B, H, W, B], which needs no patches in memory.
// ONNX Runtime goes there by itself where kernels are constant; while they train, we must lead it there.
// Layouts: onnxruntime/core/optimizer/nchwc_transformer.cc and core/mlas/lib/reorder.cpp.

import type { ConvAttrs, Shape } from '@spatiallock/core';
import type { Emitter } from '../emitter.js';

export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';
const inDomain = { domain: BLOCKED_DOMAIN };

export interface BlockedConvolution extends Pick<ConvAttrs, 'stride' | 'padding'> {
  readonly x: string;
  readonly kernel: string;
  readonly bias?: string;
  /** [O, C, KH, KW] */
  readonly kernelShape: Shape;
}

/** Whether a convolution of such a kernel gains from the blocked layout on this device. */
export function blockedPays(kernel: string, [o, c, kh, kw]: Shape, { block, isConstant }: Emitter): boolean {
  if (block === undefined || isConstant(kernel)) return false;
  return kh! * kw! > 1 && o! % block === 0 && c! % block === 0;
}

/** One group, any stride; `kernel` is [O, C, KH, KW] in the usual layout. */
export function blockedConvolution(conv: BlockedConvolution, emitter: Emitter): string {
  const { x, kernel, bias, kernelShape, stride, padding } = conv;
  const { emit } = emitter;
  const [o, , kh, kw] = kernelShape as [number, number, number, number];
  const operands = [emit('ReorderInput', [x], {}, inDomain), blockedKernel(kernel, kernelShape, emitter)];
  const attributes = { kernel_shape: [kh, kw], strides: stride, dilations: [1, 1], pads: padding, group: 1 };
  const y = emit('Conv', bias === undefined ? operands : [...operands, bias], attributes, inDomain);
  return emit('ReorderOutput', [y], { channels: o }, inDomain);
}

/** [O, C, KH, KW] as [O / B, C / B, KH, KW, B of C, B of O], under its old shape. */
function blockedKernel(kernel: string, shape: Shape, { emit, ints, block = 1 }: Emitter): string {
  const [o, c, kh, kw] = shape as [number, number, number, number];
  const parted = emit('Reshape', [kernel, ints([o / block, block, c / block, block, kh, kw])]);
  return emit('Reshape', [emit('Transpose', [parted], { perm: [0, 2, 4, 5, 3, 1] }), ints(shape)]);
}
