// The gradient of a convolution with respect to its kernel: a matrix product over all pixels, between the
// output's gradient and what each tap of the kernel saw. Three ways to lay that out; scripts/bench.ts times them.

import type { DType, Value } from '@spatiallock/core';
import { attrsOf, type ConvGradientAttrs } from '@spatiallock/core/backend';
import type { Emitter } from '../emitter.js';
import { TensorProto_DataType } from '../gen/onnx_pb.js';
import { canCorrelate, correlate } from './blocked.js';
import { flipped } from './flip.js';
import type { Lowering } from './lowering.js';

interface Sizes {
  readonly dtype: DType;
  readonly x: readonly [number, number, number, number];
  readonly dy: readonly [number, number, number, number];
  readonly kernel: readonly [number, number, number, number];
  readonly attrs: ConvGradientAttrs;
}

export const conv2dKernelGradient: Lowering = (value, [x, dy], emitter) => {
  const attrs = attrsOf<ConvGradientAttrs>(value);
  const [input, gradient] = value.inputs as [Value, Value];
  const sizes = {
    dtype: value.dtype,
    x: input.shape,
    dy: gradient.shape,
    kernel: attrs.shape,
    attrs,
  } as unknown as Sizes;
  // The runtime's blocked layout is one of float32.
  const correlated = value.dtype === 'float32' ? byCorrelation(x!, dy!, sizes, emitter) : undefined;
  if (correlated !== undefined) return correlated;
  return shiftsPay(sizes) ? byShifts(x!, dy!, sizes, emitter) : byPatches(x!, dy!, sizes, emitter);
};

/**
 * The output's gradient as a kernel as large as the map, slid over the input to the few places that the taps
 * stand for; or the other way round, where only the input's channels part into blocks. Needs the runtime's
 * blocked layout; undefined where that does not fit. A 1x1 kernel is a plain product.
 */
function byCorrelation(x: string, dy: string, sizes: Sizes, emitter: Emitter): string | undefined {
  const { x: input, dy: gradient, kernel, attrs } = sizes;
  const [, , kh, kw] = kernel;
  const { stride, groups, padding } = attrs;
  const [top, left] = padding;
  if (groups > 1 || kh * kw === 1) return undefined;
  if (canCorrelate(gradient, emitter)) {
    const [below, right] = [0, 1].map((i) => {
      const reach = (gradient[i + 2]! - 1) * stride[i]! + kernel[i + 2]!;
      return reach - input[i + 2]! - padding[i]!;
    }) as [number, number];
    const places = {
      x,
      kernels: dy,
      kernelShape: gradient,
      dilation: stride,
      padding: [top, left, below, right],
    } as const;
    return emitter.emit('Transpose', [correlate(places, emitter)], { perm: [1, 0, 2, 3] });
  }
  if (stride[0] > 1 || stride[1] > 1 || !canCorrelate(input, emitter)) return undefined;
  const before = [kh - 1 - top, kw - 1 - left] as const;
  const after = [0, 1].map((i) => input[i + 2]! + kernel[i + 2]! - 1 - gradient[i + 2]! - before[i]!) as [
    number,
    number,
  ];
  const places = {
    x: dy,
    kernels: x,
    kernelShape: input,
    dilation: stride,
    padding: [...before, ...after],
  } as const;
  return flipped(correlate(places, emitter), kernel, emitter);
}

/**
 * Shifts make a product per image, to be summed: that pays where a map has more pixels than the product has
 * rows, and there they move less memory than patches.
 */
function shiftsPay({ x, dy, kernel, attrs: { stride, groups, padding } }: Sizes): boolean {
  const [, outputs, height, width] = dy;
  const simple = stride[0] === 1 && stride[1] === 1 && groups === 1;
  const within = padding.every((p, i) => p < kernel[2 + (i % 2)]!);
  return simple && within && Math.max(height * width, x[2] * x[3]) >= 16 * Math.min(outputs, x[1]);
}

/**
 * The output's gradient shifted down by each row of the kernel, the input shifted along each column: the
 * product of both [KH O, pixels] x [pixels, C KW] holds every tap. Shifts are convolutions with one tap a
 * channel, which threads share and which pad by themselves.
 */
function byShifts(
  x: string,
  dy: string,
  { dtype, x: input, dy: gradient, kernel, attrs }: Sizes,
  emitter: Emitter,
): string {
  const { emit, ints } = emitter;
  const [n, c, h] = input;
  const [, o, , ow] = gradient;
  const [kh, kw] = [kernel[2], kernel[3]];
  const [top, left, bottom, right] = attrs.padding;
  const down = oneTap(o, kh, (k) => kh - 1 - k, [kh, 1], dtype, emitter);
  const along = oneTap(c, kw, (k) => k, [1, kw], dtype, emitter);
  const rows =
    kh === 1 && top + bottom === 0
      ? dy
      : emit('Conv', [dy, down], { group: o, pads: [kh - 1 - top, 0, kh - 1 - bottom, 0] });
  const columns =
    kw === 1 && left + right === 0 ? x : emit('Conv', [x, along], { group: c, pads: [0, left, 0, right] });
  const products = emit(
    'FusedMatMul',
    [
      emit('Reshape', [rows, ints([n, o * kh, h * ow])]),
      emit('Reshape', [columns, ints([n, c * kw, h * ow])]),
    ],
    { transB: 1 },
    { domain: 'com.microsoft' },
  );
  const total = emit('ReduceSum', [products, ints([0])], { keepdims: 0 });
  if (kh * kw === 1) return emit('Reshape', [total, ints(kernel)]);
  return emit('Transpose', [emit('Reshape', [total, ints([o, kh, c, kw])])], { perm: [0, 2, 1, 3] });
}

/** A kernel for `channels` groups whose output k of each group is its input shifted to tap `at(k)`. */
function oneTap(
  channels: number,
  taps: number,
  at: (k: number) => number,
  sides: readonly [number, number],
  dtype: DType,
  { constant, emit, half }: Emitter,
): string {
  const data = new Float32Array(channels * taps * taps);
  for (let i = 0; i < channels * taps; i++) data[i * taps + at(i % taps)] = 1;
  const kernel = constant({ dtype: 'float32', shape: [channels * taps, 1, ...sides], data });
  return dtype === 'float16' && half ? emit('Cast', [kernel], { to: TensorProto_DataType.FLOAT16 }) : kernel;
}

/** Every output pixel's patch as a row: the product [O, pixels] x [pixels, KH KW C] is the gradient. */
function byPatches(x: string, dy: string, sizes: Sizes, { emit, ints, constant }: Emitter): string {
  const [n, c, h, w] = sizes.x;
  const [, o, oh, ow] = sizes.dy;
  const [, ci, kh, kw] = sizes.kernel;
  const { padding, groups } = sizes.attrs;
  const [top, left, bottom, right] = padding;
  const [pixels, taps] = [n * oh * ow, kh * kw];
  const channelsLast = emit('Transpose', [x], { perm: [0, 2, 3, 1] });
  const padded = padding.every((p) => p === 0)
    ? channelsLast
    : emit('Pad', [channelsLast, ints([0, top, left, 0, 0, bottom, right, 0])]);
  const table = emit('Reshape', [padded, ints([n * (h + top + bottom) * (w + left + right), c])]);
  const rows = constant({ dtype: 'int32', shape: [pixels * taps], data: patchRows(sizes) });
  const patches = emit('Gather', [table, rows], { axis: 0 });
  const gradient = emit('Transpose', [dy], { perm: [1, 0, 2, 3] });
  // A product for each group; with one group the leading axis is dropped.
  const lead = groups === 1 ? [] : [groups];
  const columns = emit('Reshape', [
    groups === 1
      ? patches
      : emit('Transpose', [emit('Reshape', [patches, ints([pixels, taps, groups, ci])])], {
          perm: [2, 0, 1, 3],
        }),
    ints([...lead, pixels, taps * ci]),
  ]);
  const product = emit('MatMul', [emit('Reshape', [gradient, ints([...lead, o / groups, pixels])]), columns]);
  const kernel = emit('Reshape', [product, ints([o, kh, kw, ci])]);
  return taps === 1
    ? emit('Reshape', [kernel, ints(sizes.kernel)])
    : emit('Transpose', [kernel], { perm: [0, 3, 1, 2] });
}

/** Which pixels of the padded NHWC input each output pixel sees, as row numbers [N, OH, OW, KH, KW]. */
function patchRows({ x, dy, kernel, attrs: { stride, padding } }: Sizes): Int32Array {
  const [n, , h, w] = x;
  const [, , oh, ow] = dy;
  const [, , kh, kw] = kernel;
  const [top, left, bottom, right] = padding;
  const [ph, pw] = [h + top + bottom, w + left + right];
  const rows = new Int32Array(n * oh * ow * kh * kw);
  let at = 0;
  for (let image = 0; image < n; image++)
    for (let y = 0; y < oh; y++)
      for (let column = 0; column < ow; column++)
        for (let ky = 0; ky < kh; ky++)
          for (let kx = 0; kx < kw; kx++)
            rows[at++] = (image * ph + y * stride[0] + ky) * pw + column * stride[1] + kx;
  return rows;
}
