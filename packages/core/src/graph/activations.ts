// Softmax and activations as composites.

import { add, divide, erf, exp, log, maximum, multiply, negate, sigmoid, subtract } from './elementwise.js';
import { max, sum } from './reduce.js';
import { attrsOf, axisOf, node, type Op, type Value } from './value.js';

/** Attributes of nodes along one axis. */
export interface AxisAttrs {
  readonly axis: number;
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
