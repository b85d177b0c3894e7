// Matrix product and 2-D convolution. The three convolution primitives are each other's gradients,
// so gradients of gradients need nothing more.

import { checkKeys } from '../checks/index.js';
import { reshape, sumTo, transpose } from './layout.js';
import { checkValue, checkWholes } from './operands.js';
import { broadcastShapes, range, sameShape } from './shapes.js';
import type { Shape } from './tensor.js';
import { attrsOf, node, type Op, type Value } from './value.js';

/** `padding` is [top, left, bottom, right] in pixels. */
export interface ConvAttrs {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly groups: number;
}
/** Options of `conv2d`; padding is one number for all sides, or [top, left, bottom, right]. */
export interface ConvOptions {
  readonly stride?: number;
  readonly padding?: number | readonly [number, number, number, number];
  readonly groups?: number;
}
/** A convolution gradient also knows the shape it leads back to. */
export interface ConvGradientAttrs extends ConvAttrs {
  readonly shape: readonly number[];
}

/** The op of `matmul`. */
export const matmulOp: Op = {
  name: 'matmul',
  infer: ([a, b]) => {
    const [m, k] = a!.shape.slice(-2) as [number, number];
    const [l, n] = b!.shape.slice(-2) as [number, number];
    if (a!.shape.length < 2 || b!.shape.length < 2) throw new Error('both operands need at least two axes');
    if (k !== l) throw new Error(`inner axes ${k} and ${l} differ`);
    if (a!.dtype !== b!.dtype) throw new Error(`dtypes ${a!.dtype} and ${b!.dtype} differ; cast one`);
    return {
      shape: [...broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n],
      dtype: a!.dtype,
    };
  },
  vjp: ({ inputs }, dy) => {
    const [a, b] = inputs as [Value, Value];
    return [sumTo(matmul(dy, swapLast(b)), a.shape), weightGradient(a, b, dy)];
  },
};

/** A weight shared by a whole batch gets its gradient from one flat product instead of a sum of many. */
function weightGradient(a: Value, b: Value, dy: Value): Value {
  if (b.shape.length > 2 || a.shape.length === 2) return sumTo(matmul(swapLast(a), dy), b.shape);
  return matmul(swapLast(flatten(a)), flatten(dy));
}

function flatten(x: Value): Value {
  return reshape(x, [-1, x.shape.at(-1)!]);
}

/** Transposes the last two axes. */
export function swapLast(x: Value): Value {
  checkValue('swapLast', x);
  const rank = x.shape.length;
  return transpose(x, [...range(rank - 2), rank - 1, rank - 2]);
}

/** Matrix product over the last two axes; leading axes broadcast. */
export const matmul = (a: Value, b: Value): Value => node(matmulOp, [a, b]);

function outputSide(size: number, kernel: number, stride: number, before: number, after: number): number {
  return Math.floor((size + before + after - kernel) / stride) + 1;
}

function convolvedShape(x: Shape, kernel: Shape, { stride, padding, groups }: ConvAttrs): number[] {
  if (x.length !== 4 || kernel.length !== 4) throw new Error('both operands need four axes');
  const [n, c, h, w] = x as [number, number, number, number];
  const [o, ci, kh, kw] = kernel as [number, number, number, number];
  if (c !== ci * groups || o % groups !== 0) {
    throw new Error(`the input has ${c} channels but the kernel takes ${ci} in each of ${groups} groups`);
  }
  const [top, left, bottom, right] = padding;
  const height = outputSide(h, kh, stride[0], top, bottom);
  const width = outputSide(w, kw, stride[1], left, right);
  if (height < 1 || width < 1) throw new Error('the kernel is larger than the padded input');
  return [n, o, height, width];
}

/** A gradient's operand must have the shape of the convolution that it came through. */
function checkConvolved(dy: Value, x: Shape, kernel: Shape, attrs: ConvGradientAttrs): void {
  const expected = convolvedShape(x, kernel, attrs);
  if (!sameShape(dy.shape, expected))
    throw new Error(`the convolution's result has shape [${expected.join(', ')}]`);
}

/** The op of `conv2d`. */
export const conv2dOp: Op = {
  name: 'conv2d',
  infer: ([x, kernel], attrs) => ({
    shape: convolvedShape(x!.shape, kernel!.shape, attrs as unknown as ConvAttrs),
    dtype: x!.dtype,
  }),
  vjp: (y, dy) => {
    const [x, kernel] = y.inputs as [Value, Value];
    const attrs = attrsOf<ConvAttrs>(y);
    return [
      node(conv2dInputGradientOp, [dy, kernel], { ...attrs, shape: x.shape }),
      node(conv2dKernelGradientOp, [x, dy], { ...attrs, shape: kernel.shape }),
    ];
  },
};

/** inputs [dy, kernel]; gives dL/dx of shape `attrs.shape`. Also known as transposed convolution. */
export const conv2dInputGradientOp: Op = {
  name: 'conv2dInputGradient',
  infer: ([dy, kernel], attrs) => {
    const known = attrs as unknown as ConvGradientAttrs;
    checkConvolved(dy!, known.shape, kernel!.shape, known);
    return { shape: known.shape, dtype: dy!.dtype };
  },
  vjp: (y, d) => {
    const [dy, kernel] = y.inputs as [Value, Value];
    const { shape: _shape, ...attrs } = attrsOf<ConvGradientAttrs>(y);
    return [
      node(conv2dOp, [d, kernel], attrs),
      node(conv2dKernelGradientOp, [d, dy], { ...attrs, shape: kernel.shape }),
    ];
  },
};

/** inputs [x, dy]; gives dL/dkernel of shape `attrs.shape`. */
export const conv2dKernelGradientOp: Op = {
  name: 'conv2dKernelGradient',
  infer: ([x, dy], attrs) => {
    const known = attrs as unknown as ConvGradientAttrs;
    checkConvolved(dy!, x!.shape, known.shape, known);
    return { shape: known.shape, dtype: x!.dtype };
  },
  vjp: (y, d) => {
    const [x, dy] = y.inputs as [Value, Value];
    const { shape: _shape, ...attrs } = attrsOf<ConvGradientAttrs>(y);
    return [
      node(conv2dInputGradientOp, [dy, d], { ...attrs, shape: x.shape }),
      node(conv2dOp, [x, d], attrs),
    ];
  },
};

/** x [N, C, H, W] with kernel [O, C / groups, KH, KW]; padding is one number or [top, left, bottom, right]. */
export function conv2d(x: Value, kernel: Value, options: ConvOptions = {}): Value {
  checkKeys(options, ['stride', 'padding', 'groups'], 'conv2d: options');
  const { stride = 1, padding = 0, groups = 1 } = options;
  const sides = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  checkWholes('conv2d', sides, 'padding');
  return node(conv2dOp, [x, kernel], { stride: [stride, stride], padding: sides, groups });
}
