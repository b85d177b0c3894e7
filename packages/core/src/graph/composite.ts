// Composites: ops with an expansion into primitives, which a backend may lower natively instead.

import {
  add,
  divide,
  erf,
  exp,
  log,
  maximum,
  multiply,
  negate,
  sigmoid,
  sqrt,
  subtract,
} from './elementwise.js';
import { broadcastTo, reshape, transpose } from './layout.js';
import { matmul, swapLast } from './linear.js';
import { max, mean, sum } from './reduce.js';
import { broadcastShapes, sameShape } from './shapes.js';
import { attrsOf, axisOf, node, type Op, type Value } from './value.js';

export interface AxisAttrs {
  readonly axis: number;
}
export interface NormAttrs {
  readonly epsilon: number;
}
export interface GroupNormAttrs extends NormAttrs {
  readonly groups: number;
}
export interface FactorAttrs {
  readonly factor: number;
}
export interface AttentionAttrs {
  readonly scale: number;
}

const same = ([x]: readonly Value[]) => ({ shape: x!.shape, dtype: x!.dtype });

/** exp(x) / sum(exp(x)) along an axis. */
export const softmaxOp: Op = {
  name: 'softmax',
  infer: same,
  expand: (y) => {
    const [x] = y.inputs as [Value];
    const axes = [attrsOf<AxisAttrs>(y).axis];
    const shifted = exp(subtract(x, max(x, axes, true)));
    return divide(shifted, sum(shifted, axes, true));
  },
  vjp: (y, dy) => {
    const product = multiply(dy, y);
    return [subtract(product, multiply(y, sum(product, [attrsOf<AxisAttrs>(y).axis], true)))];
  },
};

/** Logarithm of softmax, without overflow. */
export const logSoftmaxOp: Op = {
  name: 'logSoftmax',
  infer: same,
  expand: (y) => {
    const [x] = y.inputs as [Value];
    const axes = [attrsOf<AxisAttrs>(y).axis];
    const shifted = subtract(x, max(x, axes, true));
    return subtract(shifted, log(sum(exp(shifted), axes, true)));
  },
  vjp: (y, dy) => [subtract(dy, multiply(exp(y), sum(dy, [attrsOf<AxisAttrs>(y).axis], true)))],
};

/** x * sigmoid(x). */
export const siluOp: Op = {
  name: 'silu',
  infer: same,
  expand: ({ inputs: [x] }) => multiply(x!, sigmoid(x!)),
  vjp: (y, dy) => {
    const s = sigmoid(y.inputs[0]!);
    return [multiply(dy, add(s, multiply(y, subtract(1, s))))];
  },
};

/** x * (1 + erf(x / sqrt 2)) / 2. */
export const geluOp: Op = {
  name: 'gelu',
  infer: same,
  expand: ({ inputs: [x] }) => multiply(multiply(x!, 0.5), add(erf(multiply(x!, Math.SQRT1_2)), 1)),
};

/** log(1 + exp(x)), without overflow. */
export const softplusOp: Op = {
  name: 'softplus',
  infer: same,
  expand: ({ inputs: [x] }) => add(maximum(x!, 0), log(add(exp(negate(maximum(x!, negate(x!)))), 1))),
  vjp: ({ inputs: [x] }, dy) => [multiply(dy, sigmoid(x!))],
};

/** Normalises the last axis to mean 0 and variance 1, then scales and shifts it: inputs x, weight, bias. */
export const layerNormOp: Op = {
  name: 'layerNorm',
  infer: ([x, weight, bias]) => {
    const width = [x!.shape.at(-1)!];
    if (!sameShape(weight!.shape, width) || !sameShape(bias!.shape, width)) {
      throw new Error(`weight and bias must have shape [${width[0]}]`);
    }
    return { shape: x!.shape, dtype: x!.dtype };
  },
  expand: (y) => {
    const [x, weight, bias] = y.inputs as [Value, Value, Value];
    return add(multiply(standardise(x, attrsOf<NormAttrs>(y).epsilon).normal, weight), bias);
  },
  vjp: (y, dy) => {
    const [x, weight, bias] = y.inputs as [Value, Value, Value];
    const { normal, inverse } = standardise(x, attrsOf<NormAttrs>(y).epsilon);
    const lead = x.shape.slice(0, -1).map((_, i) => i);
    return [
      standardiseGradient(normal, inverse, multiply(dy, weight)),
      reshape(sum(multiply(dy, normal), lead), weight.shape),
      reshape(sum(dy, lead), bias.shape),
    ];
  },
};

/** Normalises groups of channels of x [N, C, ...], then scales and shifts each channel. */
export const groupNormOp: Op = {
  name: 'groupNorm',
  infer: ([x, weight, bias], attrs) => {
    const { groups } = attrs as unknown as GroupNormAttrs;
    const channels = x!.shape[1]!;
    if (channels % groups !== 0) throw new Error(`${channels} channels do not part into ${groups} groups`);
    if (!sameShape(weight!.shape, [channels]) || !sameShape(bias!.shape, [channels])) {
      throw new Error(`weight and bias must have shape [${channels}]`);
    }
    return { shape: x!.shape, dtype: x!.dtype };
  },
  expand: (y) => {
    const [x, weight, bias] = y.inputs as [Value, Value, Value];
    const { normal } = standardise(grouped(x, y), attrsOf<GroupNormAttrs>(y).epsilon);
    return add(multiply(reshape(normal, x.shape), perChannel(weight, x)), perChannel(bias, x));
  },
  vjp: (y, dy) => {
    const [x, weight, bias] = y.inputs as [Value, Value, Value];
    const { normal, inverse } = standardise(grouped(x, y), attrsOf<GroupNormAttrs>(y).epsilon);
    const upstream = grouped(multiply(dy, perChannel(weight, x)), y);
    const others = x.shape.map((_, i) => i).filter((i) => i !== 1);
    return [
      reshape(standardiseGradient(normal, inverse, upstream), x.shape),
      reshape(sum(multiply(dy, reshape(normal, x.shape)), others), weight.shape),
      reshape(sum(dy, others), bias.shape),
    ];
  },
};

function grouped(x: Value, y: Value): Value {
  return reshape(x, [x.shape[0]!, attrsOf<GroupNormAttrs>(y).groups, -1]);
}

/** A vector of one number a channel, shaped to broadcast over x [N, C, ...]. */
export function perChannel(vector: Value, x: Value): Value {
  return reshape(vector, [1, vector.shape[0]!, ...x.shape.slice(2).map(() => 1)]);
}

function standardise(x: Value, epsilon: number): { normal: Value; inverse: Value } {
  const centred = subtract(x, mean(x, [-1], true));
  const variance = mean(multiply(centred, centred), [-1], true);
  const inverse = divide(1, sqrt(add(variance, epsilon)));
  return { normal: multiply(centred, inverse), inverse };
}

function standardiseGradient(normal: Value, inverse: Value, upstream: Value): Value {
  const average = mean(upstream, [-1], true);
  const projection = mean(multiply(upstream, normal), [-1], true);
  return multiply(subtract(subtract(upstream, average), multiply(normal, projection)), inverse);
}

/** softmax(scale * q k^T) v over [..., tokens, width]. */
export const attentionOp: Op = {
  name: 'attention',
  infer: ([q, k, v]) => {
    if (q!.shape.at(-1) !== k!.shape.at(-1)) throw new Error('queries and keys differ in width');
    if (k!.shape.at(-2) !== v!.shape.at(-2)) throw new Error('keys and values differ in number');
    const lead = q!.shape.slice(0, -2);
    for (const other of [k!, v!]) {
      const fits = q!.shape.length >= 2 && sameShape(broadcastShapes(lead, other.shape.slice(0, -2)), lead);
      if (!fits) throw new Error('keys and values must have the leading axes of the queries');
    }
    return { shape: [...q!.shape.slice(0, -1), v!.shape.at(-1)!], dtype: q!.dtype };
  },
  expand: (y) => {
    const [q, k, v] = y.inputs as [Value, Value, Value];
    return matmul(attentionWeights(q, k, attrsOf<AttentionAttrs>(y).scale), v);
  },
};

/** softmax(scale * q k^T): what each query pays to each key. */
export function attentionWeights(q: Value, k: Value, scale: number): Value {
  return softmax(matmul(multiply(q, scale), swapLast(k)), -1);
}

/** Repeats every pixel of x [N, C, H, W] `factor` times along both sides. */
export const upsampleNearestOp: Op = {
  name: 'upsampleNearest',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    return { shape: [n, c, h * factor, w * factor], dtype: x!.dtype };
  },
  expand: (y) => {
    const { factor } = attrsOf<FactorAttrs>(y);
    const [n, c, h, w] = y.inputs[0]!.shape as [number, number, number, number];
    const cells = reshape(y.inputs[0]!, [n, c, h, 1, w, 1]);
    return reshape(broadcastTo(cells, [n, c, h, factor, w, factor]), y.shape);
  },
};

/** Moves pixels into channels, as PyTorch's pixel_unshuffle: [N, C, H, W] -> [N, C f^2, H/f, W/f]. */
export const pixelUnshuffleOp: Op = {
  name: 'pixelUnshuffle',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    if (h % factor || w % factor) throw new Error(`sides ${h} x ${w} are no multiples of ${factor}`);
    return { shape: [n, c * factor * factor, h / factor, w / factor], dtype: x!.dtype };
  },
  expand: (y) => {
    const { factor: f } = attrsOf<FactorAttrs>(y);
    const [n, c, h, w] = y.inputs[0]!.shape as [number, number, number, number];
    const cells = reshape(y.inputs[0]!, [n, c, h / f, f, w / f, f]);
    return reshape(transpose(cells, [0, 1, 3, 5, 2, 4]), y.shape);
  },
  vjp: (y, dy) => [pixelShuffle(dy, attrsOf<FactorAttrs>(y).factor)],
};

/** Moves channels into pixels, the inverse of pixelUnshuffle. */
export const pixelShuffleOp: Op = {
  name: 'pixelShuffle',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    if (c % (factor * factor)) throw new Error(`${c} channels are no multiple of ${factor} squared`);
    return { shape: [n, c / (factor * factor), h * factor, w * factor], dtype: x!.dtype };
  },
  expand: (y) => {
    const { factor: f } = attrsOf<FactorAttrs>(y);
    const [n, c, h, w] = y.inputs[0]!.shape as [number, number, number, number];
    const cells = reshape(y.inputs[0]!, [n, c / (f * f), f, f, h, w]);
    return reshape(transpose(cells, [0, 1, 4, 2, 5, 3]), y.shape);
  },
  vjp: (y, dy) => [pixelUnshuffle(dy, attrsOf<FactorAttrs>(y).factor)],
};

/** exp(x) / sum(exp(x)) along an axis. */
export const softmax = (x: Value, axis: number): Value =>
  node(softmaxOp, [x], { axis: axisOf('softmax', x, axis) });
/** Logarithm of softmax along an axis, without overflow. */
export const logSoftmax = (x: Value, axis: number): Value =>
  node(logSoftmaxOp, [x], { axis: axisOf('logSoftmax', x, axis) });
/** x * sigmoid(x). */
export const silu = (x: Value): Value => node(siluOp, [x]);
/** x * (1 + erf(x / sqrt 2)) / 2: the exact GELU. */
export const gelu = (x: Value): Value => node(geluOp, [x]);
/** log(1 + exp(x)), without overflow. */
export const softplus = (x: Value): Value => node(softplusOp, [x]);
/** max(x, 0). */
export const relu = (x: Value): Value => maximum(x, 0);
/** x * sigmoid(1.702 x), the activation of OpenAI's CLIP. */
export const quickGelu = (x: Value): Value => multiply(x, sigmoid(multiply(x, 1.702)));
/** Normalises the last axis to mean 0 and variance 1, then scales by `weight` [C] and shifts by `bias` [C]. */
export const layerNorm = (x: Value, weight: Value, bias: Value, epsilon = 1e-5): Value =>
  node(layerNormOp, [x, weight, bias], { epsilon });
/** Normalises `groups` groups of channels of x [N, C, ...], then scales and shifts each channel by `weight` and `bias` [C]. */
export const groupNorm = (x: Value, weight: Value, bias: Value, groups: number, epsilon = 1e-5): Value =>
  node(groupNormOp, [x, weight, bias], { groups, epsilon });
/** Scale defaults to 1 / sqrt(width of a head). */
export const attention = (q: Value, k: Value, v: Value, scale = 1 / Math.sqrt(q.shape.at(-1)!)): Value =>
  node(attentionOp, [q, k, v], { scale });
/** Repeats every pixel: [N, C, H, W] -> [N, C, H * factor, W * factor]. */
export const upsampleNearest = (x: Value, factor: number): Value => node(upsampleNearestOp, [x], { factor });
/** Moves channels into pixels: [N, C * factor^2, H, W] -> [N, C, H * factor, W * factor]. */
export const pixelShuffle = (x: Value, factor: number): Value => node(pixelShuffleOp, [x], { factor });
/** Moves pixels into channels, as PyTorch's pixel_unshuffle: [N, C, H, W] -> [N, C * factor^2, H / factor, W / factor]. */
export const pixelUnshuffle = (x: Value, factor: number): Value => node(pixelUnshuffleOp, [x], { factor });
