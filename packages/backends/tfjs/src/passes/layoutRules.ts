import {
  broadcastTo,
  concat,
  pad,
  range,
  reshape,
  slice,
  softmax,
  transpose,
  type Value,
} from '@spatiallock/core';
import {
  type AxisAttrs,
  attrsOf,
  type ConcatAttrs,
  type ConvAttrs,
  type ConvGradientAttrs,
  type FactorAttrs,
  type PadAttrs,
  type ReduceAttrs,
  reshapeOp,
  type SliceAttrs,
  sumOp,
  type TransposeAttrs,
  transposeOp,
} from '@spatiallock/core/backend';
import { groupNormLast } from './groupNorm.js';
import { kernelGradient } from './kernelGradient.js';
import { AXIS_LAST, conv2dLast, inputGradientLast, lastShape, TO_LAST, upsampleLast } from './lastOps.js';
import type { LayoutRule, View } from './layoutPass.js';

const isMap = (value: Value): boolean => value.shape.length === 4;

/** Per axis of [N, C, H, W], as the axes of [N, H, W, C] lie. */
const moved = (perAxis: readonly number[]): number[] => TO_LAST.map((axis) => perAxis[axis]!);

const conv2d: LayoutRule = (value, { first, last }) => {
  const [x, kernel] = value.inputs as [Value, Value];
  const { stride, padding } = attrsOf<ConvAttrs>(value);
  return { last: () => conv2dLast(last(x), transpose(first(kernel), [2, 3, 1, 0]), stride, padding) };
};

const conv2dInputGradient: LayoutRule = (value, { first, last }) => {
  const [dy, kernel] = value.inputs as [Value, Value];
  const attrs = attrsOf<ConvGradientAttrs>(value);
  return { last: () => inputGradientLast(last(dy), first(kernel), attrs, lastShape(attrs.shape)) };
};

const conv2dKernelGradient: LayoutRule = (value, { first, last, isLast }) => {
  const [x, dy] = value.inputs as [Value, Value];
  const attrs = attrsOf<ConvGradientAttrs>(value);
  const planes = () => (isLast(x) ? transpose(last(x), [3, 0, 1, 2]) : transpose(first(x), [1, 0, 2, 3]));
  return { first: () => kernelGradient(planes(), last(dy), attrs, attrs.shape) };
};

/** An operand that broadcasts against maps with their channels last. */
function operandLast(x: Value, { first, last }: View): Value {
  if (x.shape.every((n) => n === 1) && !isMap(x)) return first(x);
  if (isMap(x)) return last(x);
  const aligned = [...[1, 1, 1, 1].slice(x.shape.length), ...x.shape];
  return transpose(reshape(first(x), aligned), TO_LAST);
}

/** Follows the operands of its own size. */
const elementwise: LayoutRule = (value, view) => {
  if (!isMap(value) || !value.inputs.some((x) => isMap(x) && fills(x, value) && view.isLast(x)))
    return undefined;
  return {
    last: () => ({
      ...value,
      inputs: value.inputs.map((x) => operandLast(x, view)),
      shape: lastShape(value.shape),
    }),
  };
};

const fills = (x: Value, value: Value): boolean => x.shape.every((n, i) => n === value.shape[i]);

/** Cheap in both layouts: its consumers decide. */
const broadcast: LayoutRule = (value, view) => {
  const [x] = value.inputs as [Value];
  if (!isMap(value)) return undefined;
  const last = () => broadcastTo(operandLast(x, view), lastShape(value.shape));
  return view.isLast(x) ? { last } : { last, first: () => broadcastTo(view.first(x), value.shape) };
};

const concatenation: LayoutRule = (value, { last, isLast }) => {
  if (!isMap(value) || !value.inputs.some(isLast)) return undefined;
  return { last: () => concat(value.inputs.map(last), AXIS_LAST[attrsOf<ConcatAttrs>(value).axis]!) };
};

const part: LayoutRule = (value, { last, isLast }) => {
  const [x] = value.inputs as [Value];
  if (!isLast(x)) return undefined;
  const { starts, ends } = attrsOf<SliceAttrs>(value);
  return { last: () => slice(last(x), moved(starts), moved(ends)) };
};

const padding: LayoutRule = (value, { last, isLast }) => {
  const [x] = value.inputs as [Value];
  if (!isLast(x)) return undefined;
  const { before, after } = attrsOf<PadAttrs>(value);
  return { last: () => pad(last(x), moved(before), moved(after)) };
};

/** Axes that stay must stay in order, or keep their places. */
const reduction: LayoutRule = (value, { last, isLast }) => {
  const [x] = value.inputs as [Value];
  if (!isLast(x)) return value.op === sumOp ? blockSums(value, { last, isLast }) : undefined;
  const { axes, keepDims } = attrsOf<ReduceAttrs>(value);
  const kept = [0, 1, 2, 3].filter((axis) => !axes.includes(axis)).map((axis) => AXIS_LAST[axis]!);
  if (!keepDims && kept.some((axis, i) => i > 0 && axis < kept[i - 1]!)) return undefined;
  const attrs: ReduceAttrs = { axes: axes.map((axis) => AXIS_LAST[axis]!).sort((a, b) => a - b), keepDims };
  const make = (shape: readonly number[]) => () => ({
    ...value,
    inputs: [last(x)],
    attrs: { ...attrs },
    shape,
  });
  return keepDims ? { last: make(lastShape(value.shape)) } : { first: make(value.shape) };
};

/** Sums over blocks of pixels, the gradient of upsampling: [N, C, h, f, w, f] over both f. */
function blockSums(value: Value, { last, isLast }: Pick<View, 'last' | 'isLast'>): ReturnType<LayoutRule> {
  const [blocks] = value.inputs as [Value];
  const { axes } = attrsOf<ReduceAttrs>(value);
  const [map] = blocks.inputs;
  const found =
    blocks.op === reshapeOp && blocks.shape.length === 6 && axes.join() === '3,5' && map && isLast(map);
  if (!found || blocks.shape[1] !== map.shape[1] || map.shape[2] !== blocks.shape[2]! * blocks.shape[3]!) {
    return undefined;
  }
  const [n, c, h, down, w, across] = blocks.shape as [number, number, number, number, number, number];
  const sums = (): Value => {
    const inner = reshape(last(map), [n * h, down, w * across * c]);
    const rows = sumOver(inner, 1);
    return reshape(sumOver(reshape(rows, [n * h * w, across, c]), 1), [n, h, w, c]);
  };
  return { first: () => reshape(transpose(sums(), [0, 3, 1, 2]), value.shape) };
}

function sumOver(x: Value, axis: number): Value {
  const shape = x.shape.filter((_, i) => i !== axis);
  return { op: sumOp, inputs: [x], attrs: { axes: [axis], keepDims: false }, shape, dtype: x.dtype };
}

/** Pixels as tokens, [N, C, H, W] -> [N, C, H W] -> [N, H W, C]: as they lie. */
const transposed: LayoutRule = (value, { last, isLast }) => {
  const [flat] = value.inputs as [Value];
  const [map] = flat.inputs;
  const tokens = attrsOf<TransposeAttrs>(value).perm.join() === '0,2,1' && flat.op === reshapeOp;
  if (!tokens || !map || !isMap(map) || !isLast(map) || map.shape[1] !== flat.shape[1]) return undefined;
  return { first: () => reshape(last(map), value.shape) };
};

/** Tokens as pixels, [N, H W, C] -> [N, C, H W] -> [N, C, H, W]: as they lie. */
const reshaped: LayoutRule = (value, { first }) => {
  const [flat] = value.inputs as [Value];
  if (!isMap(value) || flat.op !== transposeOp || flat.shape.length !== 3) return undefined;
  const tokens = attrsOf<TransposeAttrs>(flat).perm.join() === '0,2,1';
  if (!tokens || flat.shape[1] !== value.shape[1] || flat.shape[0] !== value.shape[0]) return undefined;
  return { last: () => reshape(first(flat.inputs[0]!), lastShape(value.shape)) };
};

const upsampleNearest: LayoutRule = (value, { last }) => ({
  last: () => upsampleLast(last(value.inputs[0]!), attrsOf<FactorAttrs>(value).factor),
});

const groupNorm: LayoutRule = (value, { first, last, isLast }) => {
  const [x, weight, bias] = value.inputs as [Value, Value, Value];
  return isLast(x) ? { last: () => groupNormLast(value, last(x), first(weight), first(bias)) } : undefined;
};

const pixelUnshuffle: LayoutRule = (value, { first, last, isLast }) => {
  const [x] = value.inputs as [Value];
  const { factor: f } = attrsOf<FactorAttrs>(value);
  const [n, c, h, w] = value.shape as [number, number, number, number];
  const channels = c / (f * f);
  return {
    last: () => {
      const cells = isLast(x)
        ? transpose(reshape(last(x), [n, h, f, w, f, channels]), [0, 1, 3, 5, 2, 4])
        : transpose(reshape(first(x), [n, channels, h, f, w, f]), [0, 2, 4, 1, 3, 5]);
      return reshape(cells, [n, h, w, c]);
    },
  };
};

const pixelShuffle: LayoutRule = (value, { last }) => {
  const { factor: f } = attrsOf<FactorAttrs>(value);
  const [x] = value.inputs as [Value];
  const [n, , h, w] = x.shape as [number, number, number, number];
  const cells = () => reshape(last(x), [n, h, w, value.shape[1]!, f, f]);
  return {
    last: () => reshape(transpose(cells(), [0, 1, 4, 2, 5, 3]), lastShape(value.shape)),
  };
};

/** The kernel knows the last axis only. */
const softmaxed: LayoutRule = (value, { first }) => {
  const { axis } = attrsOf<AxisAttrs>(value);
  const rank = value.shape.length;
  if (axis === rank - 1) return undefined;
  const swapped = range(rank)
    .with(axis, rank - 1)
    .with(rank - 1, axis);
  const moveAxis = (x: Value): Value => transpose(x, swapped);
  return { first: () => moveAxis(softmax(moveAxis(first(value.inputs[0]!)), -1)) };
};

const follows = [
  ...[
    'add',
    'subtract',
    'multiply',
    'divide',
    'power',
    'maximum',
    'minimum',
    'less',
    'equal',
    'where',
    'cast',
  ],
  ...['negate', 'exp', 'log', 'sqrt', 'abs', 'sign', 'sin', 'cos', 'tanh', 'sigmoid', 'erf', 'stopGradient'],
];

/** By the name of the op. */
export const layoutRules: Readonly<Record<string, LayoutRule>> = {
  ...Object.fromEntries(follows.map((name) => [name, elementwise])),
  conv2d,
  conv2dInputGradient,
  conv2dKernelGradient,
  broadcastTo: broadcast,
  concat: concatenation,
  slice: part,
  pad: padding,
  sum: reduction,
  max: reduction,
  transpose: transposed,
  reshape: reshaped,
  upsampleNearest,
  groupNorm,
  pixelUnshuffle,
  pixelShuffle,
  softmax: softmaxed,
};
