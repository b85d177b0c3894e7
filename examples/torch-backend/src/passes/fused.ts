// Ops that `fuse` puts together. Each has an expansion, so that any backend can run what the pass made.

import {
  add,
  divide,
  erf,
  exp,
  mean as meanOf,
  multiply,
  negate,
  sigmoid,
  sqrt,
  subtract,
  sum,
  type Value,
} from '@spatiallock/core';
import {
  type AxisAttrs,
  attrsOf,
  type NormAttrs,
  node,
  type Op,
  type ReduceAttrs,
  sumOp,
} from '@spatiallock/core/backend';

const last = (x: Value): Value => meanOf(x, [-1], true);

export const meanOp: Op = {
  name: 'mean',
  infer: (inputs, attrs) => sumOp.infer(inputs, attrs),
  expand: (y) => {
    const { axes, keepDims } = attrsOf<ReduceAttrs>(y);
    return meanOf(y.inputs[0]!, axes, keepDims);
  },
};

/** Three values over the last axis, of which `item` takes one. */
const normalisationOp: Op = {
  name: 'normalisation',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
};

export interface ItemAttrs {
  readonly item: 'normal' | 'mean' | 'inverse';
}

export const itemOp: Op = {
  name: 'item',
  infer: ([stats], attrs) => {
    const { item } = attrs as unknown as ItemAttrs;
    const { shape, dtype } = stats!;
    return { shape: item === 'normal' ? shape : [...shape.slice(0, -1), 1], dtype };
  },
  expand: (y) => {
    const stats = y.inputs[0]!;
    const [x] = stats.inputs as [Value];
    if (attrsOf<ItemAttrs>(y).item === 'mean') return last(x);
    const centred = subtract(x, last(x));
    const { epsilon } = attrsOf<NormAttrs>(stats);
    const inverse = divide(1, sqrt(add(last(multiply(centred, centred)), epsilon)));
    return attrsOf<ItemAttrs>(y).item === 'inverse' ? inverse : multiply(centred, inverse);
  },
};

export const normalisation = (x: Value, epsilon: number): Value => node(normalisationOp, [x], { epsilon });
export const item = (stats: Value, what: ItemAttrs['item']): Value => node(itemOp, [stats], { item: what });

/** inputs [upstream, x, mean, inverse]: the gradient of the normalised numbers with respect to x. */
export const normalisationGradientOp: Op = {
  name: 'normalisationGradient',
  infer: ([upstream]) => ({ shape: upstream!.shape, dtype: upstream!.dtype }),
  expand: ({ inputs }) => {
    const [upstream, x, mean, inverse] = inputs as [Value, Value, Value, Value];
    const normal = multiply(subtract(x, mean), inverse);
    const projection = last(multiply(upstream, normal));
    const rest = subtract(subtract(upstream, last(upstream)), multiply(normal, projection));
    return multiply(rest, inverse);
  },
};

/** inputs [dy, x] */
export const siluGradientOp: Op = {
  name: 'siluGradient',
  infer: ([dy]) => ({ shape: dy!.shape, dtype: dy!.dtype }),
  expand: ({ inputs }) => {
    const [dy, x] = inputs as [Value, Value];
    const s = sigmoid(x);
    return multiply(dy, add(s, multiply(multiply(x, s), subtract(1, s))));
  },
};

/** inputs [dy, x]: dy (1 + erf(x / sqrt 2)) / 2 + dy x exp(-x^2 / 2) / sqrt(2 pi). */
export const geluGradientOp: Op = {
  name: 'geluGradient',
  infer: ([dy]) => ({ shape: dy!.shape, dtype: dy!.dtype }),
  expand: ({ inputs }) => {
    const [dy, x] = inputs as [Value, Value];
    const share = multiply(add(erf(multiply(x, Math.SQRT1_2)), 1), 0.5);
    const density = multiply(exp(negate(multiply(multiply(x, x), 0.5))), 1 / Math.sqrt(2 * Math.PI));
    return multiply(dy, add(share, multiply(x, density)));
  },
};

/** inputs [dy, y] of y = softmax(x): (dy - sum(dy y)) y. */
export const softmaxGradientOp: Op = {
  name: 'softmaxGradient',
  infer: ([dy]) => ({ shape: dy!.shape, dtype: dy!.dtype }),
  expand: (value) => {
    const [dy, y] = value.inputs as [Value, Value];
    const { axis } = attrsOf<AxisAttrs>(value);
    return multiply(subtract(dy, sum(multiply(dy, y), [axis], true)), y);
  },
};
