// Convolution in the runtime's own blocked layout [N, C / B, H, W, B], which needs no patches in memory.
// ONNX Runtime chooses it where kernels are constant. Kernels that train are no constants, so we ask for it here.
// Layouts: onnxruntime/core/optimizer/nchwc_transformer.cc and core/mlas/lib/reorder.cpp.

import type { Shape } from '@spatiallock/core';
import type { ConvAttrs } from '@spatiallock/core/backend';
import type { Emitter } from '../emitter.js';
import { reversed } from './flip.js';

export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';
const inDomain = { domain: BLOCKED_DOMAIN };

export interface BlockedConvolution extends Pick<ConvAttrs, 'stride' | 'padding'> {
  readonly x: string;
  readonly kernel: string;
  readonly bias?: string;
  /** [O, C, KH, KW]: of `kernel` as it is convolved with. */
  readonly kernelShape: Shape;
  /** `kernel` is [C, O, KH, KW], and is to be rotated by 180 degrees. Default false. */
  readonly turned?: boolean;
}

/** Whether a convolution of such a kernel gains from the blocked layout on this device. */
export function blockedPays(kernel: string, [o, c, kh, kw]: Shape, emitter: Emitter): boolean {
  const { block, isConstant, folds } = emitter;
  if (block === undefined || (folds && isConstant(kernel))) return false;
  return kh! * kw! > 1 && o! % block === 0 && c! % block === 0;
}

/** One group, any stride; `kernel` is [O, C, KH, KW] in the usual layout. */
export function blockedConvolution(conv: BlockedConvolution, emitter: Emitter): string {
  const { x, kernel, bias, kernelShape, stride, padding, turned = false } = conv;
  const [o, , kh, kw] = kernelShape as [number, number, number, number];
  const blocks = (turned ? turnedKernel : blockedKernel)(kernel, kernelShape, emitter);
  return convolve(x, blocks, { sides: [kh, kw], stride, padding, bias, channels: o }, emitter);
}

/** A convolution whose kernel is laid out already; `channels` of the result, in the usual layout. */
function convolve(
  x: string,
  kernel: string,
  { sides, stride = [1, 1], dilation = [1, 1], padding = [0, 0, 0, 0], bias, channels }: ConvolveOptions,
  { emit }: Emitter,
): string {
  const operands = [emit('ReorderInput', [x], {}, inDomain), kernel];
  const attributes = { kernel_shape: sides, strides: stride, dilations: dilation, pads: padding, group: 1 };
  const y = emit('Conv', bias === undefined ? operands : [...operands, bias], attributes, inDomain);
  return emit('ReorderOutput', [y], { channels }, inDomain);
}

interface ConvolveOptions extends Partial<Pick<ConvAttrs, 'stride' | 'padding'>> {
  readonly sides: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly bias?: string;
  readonly channels: number;
}

/** x [N, C, H, W] and kernels [N, O, KH, KW], both with the contracted axis first: [C, O, ...]. */
export interface Correlation {
  readonly x: string;
  readonly kernels: string;
  readonly kernelShape: Shape;
  readonly dilation: readonly [number, number];
  /** Zeros around x, before and after each side; negative numbers cut pixels off. */
  readonly padding: ConvAttrs['padding'];
}

/** Whether `correlate` takes operands of such shapes: N and O part into blocks. */
export function canCorrelate([n, o]: Shape, { block }: Emitter): boolean {
  return block !== undefined && n! % block === 0 && o! % block === 0;
}

/**
 * Slides maps as large as x over x, summing over the images N: the gradient of a kernel is such a
 * correlation of few places. x is padded beforehand, for the runtime is slow at borders.
 */
export function correlate(
  { x, kernels, kernelShape, dilation, padding }: Correlation,
  emitter: Emitter,
): string {
  const { emit, ints, block = 1 } = emitter;
  const [n, o, kh, kw] = kernelShape as [number, number, number, number];
  const [top, left, bottom, right] = padding;
  const maps = emit('Transpose', [x], { perm: [1, 0, 2, 3] });
  const padded = padding.every((p) => p === 0)
    ? maps
    : emit('Pad', [maps, ints([0, 0, top, left, 0, 0, bottom, right])]);
  const parted = emit('Reshape', [
    emit('ReorderInput', [kernels], {}, inDomain),
    ints([n / block, block, o / block, kh * kw, block]),
  ]);
  const blocks = emit('Reshape', [
    emit('Transpose', [parted], { perm: [2, 0, 3, 1, 4] }),
    ints([o, n, kh, kw]),
  ]);
  return convolve(padded, blocks, { sides: [kh, kw], dilation, channels: o }, emitter);
}

/**
 * [O, C, KH, KW] as [O / B, C / B, KH, KW, B of C, B of O], under its old shape. Two transposes that move one axis each: the
 * runtime has fast kernels for such alone.
 */
function blockedKernel(kernel: string, shape: Shape, emitter: Emitter): string {
  const { block: b = 1 } = emitter;
  const [o, c, kh, kw] = shape as [number, number, number, number];
  const { reshape, transpose } = moves(emitter);
  const inner = transpose(reshape(kernel, [o / b, b, c * kh * kw]), [0, 2, 1]);
  const blocks = transpose(reshape(inner, [(o * c) / b / b, b, kh * kw, b]), [0, 2, 1, 3]);
  return reshape(blocks, shape);
}

/** A kernel [C, O, KH, KW] rotated by 180 degrees, in the same layout; `shape` is [O, C, KH, KW]. */
function turnedKernel(kernel: string, shape: Shape, emitter: Emitter): string {
  const { block: b = 1 } = emitter;
  const [o, c, kh, kw] = shape as [number, number, number, number];
  const taps = kh * kw;
  const { reshape, transpose } = moves(emitter);
  const outer = transpose(reshape(kernel, [c, o / b, b * taps]), [1, 0, 2]);
  const rows = transpose(reshape(outer, [(o / b) * c, b, taps]), [0, 2, 1]);
  const turned = reversed(rows, [1], emitter);
  const blocks = transpose(reshape(turned, [(o * c) / b / b, b, taps, b]), [0, 2, 1, 3]);
  return reshape(blocks, shape);
}

/** Without folding, each reader gets nodes of its own: a shared result would stay in memory until the last reader is done. */
function moves({ emit, ints, folds }: Emitter) {
  const options = { fresh: !folds };
  return {
    reshape: (x: string, shape: Shape) => emit('Reshape', [x, ints(shape)], {}, options),
    transpose: (x: string, perm: readonly number[]) => emit('Transpose', [x], { perm }, options),
  };
}
