// Layer and group normalization as composites.

import { add, divide, multiply, sqrt, subtract } from './elementwise.js';
import { reshape } from './layout.js';
import { mean, sum } from './reduce.js';
import { sameShape } from './shapes.js';
import { attrsOf, node, type Op, type Value } from './value.js';

/** Attributes of `layerNorm` nodes. */
export interface NormAttrs {
  readonly epsilon: number;
}
/** Attributes of `groupNorm` nodes. */
export interface GroupNormAttrs extends NormAttrs {
  readonly groups: number;
}

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

/** Normalises the last axis to mean 0 and variance 1, then scales by `weight` [C] and shifts by `bias` [C]. */
export const layerNorm = (x: Value, weight: Value, bias: Value, epsilon = 1e-5): Value =>
  node(layerNormOp, [x, weight, bias], { epsilon });
/** Normalises `groups` groups of channels of x [N, C, ...], then scales and shifts each channel by `weight` and `bias` [C]. */
export const groupNorm = (x: Value, weight: Value, bias: Value, groups: number, epsilon = 1e-5): Value =>
  node(groupNormOp, [x, weight, bias], { groups, epsilon });
