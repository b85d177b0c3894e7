// Winograd's convolution of 3 x 3 taps (Lavin and Gray, arXiv 1509.09308): tiles of m x m pixels by (m + 2)^2 products for
// each pair of channels, where the sum itself takes 9 m^2. The runtime has none for WebAssembly; here it is a small
// convolution, products of matrices and a transpose.

import type { Shape } from '@spatiallock/core';
import type { ConvAttrs } from '@spatiallock/core/backend';
import type { Emitter } from '../emitter.js';

type Matrix = readonly (readonly number[])[];

/** G [n, 3], B^T [n, n] and A^T [m, n] of Lavin and Gray, n being m + 2. */
interface Transforms {
  readonly kernel: Matrix;
  readonly input: Matrix;
  readonly output: Matrix;
}

/**
 * The transforms for tiles of `m` pixels, by interpolation at m + 1 points and at infinity (Toom and Cook; Barabasz et al., arXiv
 * 1803.10986, section 2).
 */
function transformsAt(points: readonly number[], m: number): Transforms {
  const others = (i: number): number[] => points.filter((_, j) => j !== i);
  const kernel = points.map((p, i) => {
    const scale = others(i).reduce((product, other) => product * (p - other), 1);
    return [1 / scale, p / scale, p ** 2 / scale];
  });
  return {
    kernel: [...kernel, [0, 0, 1]],
    input: [...points.map((_, i) => [...polynomial(others(i)), 0]), polynomial(points)],
    output: Array.from({ length: m }, (_, i) => [...points.map((p) => p ** i), i === m - 1 ? 1 : 0]),
  };
}

/** Coefficients of the product of (x - root), the constant one first. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1];
  for (const root of roots) {
    const lower = product;
    product = [0, ...lower].map((higher, i) => higher - root * (lower[i] ?? 0));
  }
  return product;
}

/** Of the points of 4 x 4 that were tried these round least: at 64 channels to 1.5e-6 of the largest result, 0, 1, -1, 2 and -2 to 6.6e-6. */
const transforms: Readonly<Record<2 | 4, Transforms>> = {
  2: transformsAt([0, 1, -1], 2),
  4: transformsAt([0, 3 / 4, -3 / 4, 3 / 2, -3 / 2], 4),
};

/** Below so many channels the transforms cost more than the products spare (measured: 64 gain 1.2 to 1.5 times, 32 nothing). */
const CHANNELS = 64;
/**
 * Tiles of one map at least: with fewer the products are too narrow. Tiles of 4 x 4 take four times the memory for kernels, of
 * which networks have most where maps are small.
 */
const TILES: Readonly<Record<2 | 4, number>> = { 2: 16, 4: 64 };

export interface WinogradConvolution extends ConvAttrs {
  readonly x: string;
  readonly kernel: string;
  readonly bias?: string;
  /** Of x, [N, C, H, W]. */
  readonly shape: Shape;
  /** [O, C, KH, KW] */
  readonly kernelShape: Shape;
}

/** The side of the tiles in which this convolution is faster than as a sum; undefined where it is not. */
export function winogradTile(conv: WinogradConvolution, emitter: Emitter): 2 | 4 | undefined {
  const { kernel, shape, kernelShape, stride, padding, groups } = conv;
  // The kernel's transform is computed once, beforehand.
  if (!emitter.winograd || !emitter.folds || !emitter.isConstant(kernel)) return undefined;
  const [o, c, kh, kw] = kernelShape as [number, number, number, number];
  const isPlain = stride.every((s) => s === 1) && padding.every((p) => p === 1) && groups === 1;
  if (!isPlain || kh !== 3 || kw !== 3 || Math.min(o, c) < CHANNELS) return undefined;
  const [, , h, w] = shape as [number, number, number, number];
  const fits = (m: 2 | 4): boolean => h % m === 0 && w % m === 0 && (h / m) * (w / m) >= TILES[m];
  return ([4, 2] as const).find(fits);
}

/** The convolution in tiles of `m` x `m` pixels, which `winogradTile` gave. */
export function winogradConvolution(
  { x, kernel, bias, shape, kernelShape }: WinogradConvolution,
  m: 2 | 4,
  { emit, ints, constant }: Emitter,
): string {
  const [n, c, h, w] = shape as [number, number, number, number];
  const o = kernelShape[0]!;
  const [rows, columns, points] = [h / m, w / m, (m + 2) ** 2];
  const tiles = rows * columns;
  const reshape = (from: string, to: Shape): string => emit('Reshape', [from, ints(to)]);
  const transform = (matrix: Matrix, to: Shape): string =>
    constant({ dtype: 'float32', shape: to, data: inBothDirections(matrix) });
  const { kernel: g, input: b, output: a } = transforms[m];

  const taps = emit('Transpose', [reshape(kernel, [o * c, 9])], { perm: [1, 0] });
  const weights = reshape(emit('MatMul', [transform(g, [points, 9]), taps]), [points, 1, o, c]);
  // Overlapping tiles of each channel by itself.
  const parts = emit('Conv', [reshape(x, [n * c, 1, h, w]), transform(b, [points, 1, m + 2, m + 2])], {
    strides: [m, m],
    pads: [1, 1, 1, 1],
  });
  const perPoint = emit('Transpose', [reshape(parts, [n, c, points, tiles])], { perm: [2, 0, 1, 3] });
  const products = reshape(emit('MatMul', [weights, perPoint]), [points, n * o * tiles]);
  const pixels = emit('MatMul', [transform(a, [m * m, points]), products]);
  const placed = emit('Transpose', [reshape(pixels, [m, m, n, o, rows, columns])], {
    perm: [2, 3, 4, 0, 5, 1],
  });
  const y = reshape(placed, [n, o, h, w]);
  return bias === undefined ? y : emit('Add', [y, reshape(bias, [1, o, 1, 1])]);
}

/** A transform of rows and of columns as one matrix: its Kronecker product with itself. */
function inBothDirections(matrix: Matrix): Float32Array {
  return Float32Array.from(
    matrix.flatMap((rows) => matrix.flatMap((columns) => rows.flatMap((x) => columns.map((y) => x * y)))),
  );
}
