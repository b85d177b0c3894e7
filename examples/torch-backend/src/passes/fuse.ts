// What the gradients of norms and activations are written out as, put together again: PyTorch has a kernel for each.

import { concat, type Graph, sameShape, scalarOf, sizeOf, type Value } from '@spatiallock/core';
import {
  type AxisAttrs,
  addOp,
  attrsOf,
  divideOp,
  erfOp,
  expOp,
  geluOp,
  multiplyOp,
  negateOp,
  node,
  type PadAttrs,
  padOp,
  type ReduceAttrs,
  replaceRoots,
  rootsOf,
  sigmoidOp,
  siluOp,
  softmaxOp,
  sqrtOp,
  subtractOp,
  sumOp,
  topological,
  withInputs,
} from '@spatiallock/core/backend';
import {
  geluGradientOp,
  type ItemAttrs,
  item,
  itemOp,
  meanOp,
  normalisation,
  normalisationGradientOp,
  siluGradientOp,
  softmaxGradientOp,
} from './fused.js';

type Rule = (value: Value) => Value | undefined;

/** The same graph with fewer and larger ops; give it a simplified one. */
export function fuse(graph: Graph): Graph {
  const made = new Map<Value, Value>();
  for (const value of topological(rootsOf(graph))) {
    const known = value.inputs.map((x) => made.get(x)!);
    const same = withInputs(value, known);
    made.set(value, rules.reduce<Value | undefined>((found, rule) => found ?? rule(same), undefined) ?? same);
  }
  return replaceRoots(graph, made);
}

/** sum / count */
const mean: Rule = ({ op, inputs: [total, count] }) => {
  if (op !== divideOp || total!.op !== sumOp || total!.dtype !== 'float32') return undefined;
  const [x] = total!.inputs as [Value];
  const fits = scalarOf(count!) === sizeOf(x.shape) / sizeOf(total!.shape);
  return fits && count!.shape.length <= total!.shape.length
    ? node(meanOp, [x], { ...total!.attrs })
    : undefined;
};

/** 1 / sqrt(mean((x - mean x)^2) + epsilon), all over the last axis */
const inverseDeviation: Rule = ({ op, inputs: [one, root] }) => {
  if (op !== divideOp || scalarOf(one!) !== 1 || root!.op !== sqrtOp) return undefined;
  const [sum] = root!.inputs as [Value];
  if (sum.op !== addOp) return undefined;
  const [variance, epsilon] = sum.inputs as [Value, Value];
  const square = averaged(variance);
  const x = square?.op === multiplyOp ? centred(square.inputs[0]!) : undefined;
  const small = scalarOf(epsilon);
  if (!x || square!.inputs[0] !== square!.inputs[1] || small === undefined) return undefined;
  return item(normalisation(x, small), 'inverse');
};

/** (x - mean x) * inverse */
const normal: Rule = ({ op, inputs: [a, b] }) => {
  if (op !== multiplyOp) return undefined;
  const stats = statsOf(b!, 'inverse');
  return stats && centred(a!) === stats.inputs[0] ? item(stats, 'normal') : undefined;
};

/** ((u - mean u) - normal * mean(u * normal)) * inverse */
const normalisationGradient: Rule = ({ op, inputs: [a, inverse] }) => {
  const stats = op === multiplyOp ? statsOf(inverse!, 'inverse') : undefined;
  if (!stats || a!.op !== subtractOp) return undefined;
  const [left, right] = a!.inputs as [Value, Value];
  const upstream = centred(left);
  if (!upstream || right.op !== multiplyOp) return undefined;
  const [factor, projection] = right.inputs as [Value, Value];
  const product = averaged(projection);
  const fits =
    statsOf(factor, 'normal') === stats &&
    product?.op === multiplyOp &&
    product.inputs[0] === upstream &&
    product.inputs[1] === factor;
  const [x] = stats.inputs as [Value];
  return fits
    ? node(normalisationGradientOp, [upstream, x, item(stats, 'mean'), inverse!], stats.attrs)
    : undefined;
};

/** dy * (s + y * (1 - s)) where y = silu(x) and s = sigmoid(x) */
const siluGradient: Rule = ({ op, inputs: [dy, slope] }) => {
  if (op !== multiplyOp || slope!.op !== addOp) return undefined;
  const [s, rest] = slope!.inputs as [Value, Value];
  if (s.op !== sigmoidOp || rest.op !== multiplyOp) return undefined;
  const [y, other] = rest.inputs as [Value, Value];
  const [x] = s.inputs as [Value];
  const fits =
    y.op === siluOp &&
    y.inputs[0] === x &&
    other.op === subtractOp &&
    scalarOf(other.inputs[0]!) === 1 &&
    other.inputs[1] === s &&
    sameShape(dy!.shape, x.shape);
  return fits ? node(siluGradientOp, [dy!, x]) : undefined;
};

/** (x / 2) (erf(x / sqrt 2) + 1) */
const gelu: Rule = ({ op, inputs: [half, share] }) => {
  const x = op === multiplyOp ? gateOf(share!) : undefined;
  return x && scaled(half!, 0.5) === x ? node(geluOp, [x]) : undefined;
};

/** dy (x / 2) (exp(-u^2) 2 / sqrt pi) / sqrt 2 + dy (erf(u) + 1) / 2 where u = x / sqrt 2 */
const geluGradient: Rule = ({ op, inputs: [bell, rest] }) => {
  if (op !== addOp) return undefined;
  const weighted = scaled(rest!, 0.5);
  const sloped = scaled(bell!, Math.SQRT1_2);
  if (weighted?.op !== multiplyOp || sloped?.op !== multiplyOp) return undefined;
  const [dy, share] = weighted.inputs as [Value, Value];
  const [product, density] = sloped.inputs as [Value, Value];
  const x = gateOf(share);
  const power = scaled(density, 2 / Math.sqrt(Math.PI));
  if (!x || power?.op !== expOp || product.op !== multiplyOp) return undefined;
  const square = power.inputs[0]!.op === negateOp ? power.inputs[0]!.inputs[0]! : undefined;
  const fits =
    product.inputs[0] === dy &&
    scaled(product.inputs[1]!, 0.5) === x &&
    square?.op === multiplyOp &&
    square.inputs.every((u) => scaled(u, Math.SQRT1_2) === x) &&
    sameShape(dy.shape, x.shape);
  return fits ? node(geluGradientOp, [dy, x]) : undefined;
};

/** dy y - y sum(dy y) where y = softmax(x) */
const softmaxGradient: Rule = ({ op, inputs: [product, rest] }) => {
  if (op !== subtractOp || product!.op !== multiplyOp || rest!.op !== multiplyOp) return undefined;
  const [dy, y] = product!.inputs as [Value, Value];
  const [factor, total] = rest!.inputs as [Value, Value];
  if (y.op !== softmaxOp || factor !== y || total.op !== sumOp || total.inputs[0] !== product)
    return undefined;
  const { axis } = attrsOf<AxisAttrs>(y);
  const { axes, keepDims } = attrsOf<ReduceAttrs>(total);
  const fits = keepDims && axes.length === 1 && axes[0] === axis && sameShape(dy.shape, y.shape);
  return fits ? node(softmaxGradientOp, [dy, y], { axis }) : undefined;
};

/** Zeros behind one plus zeros before the other: the two side by side. */
const sideBySide: Rule = ({ op, inputs: [a, b] }) => {
  if (op !== addOp || a!.op !== padOp || b!.op !== padOp) return undefined;
  return joined(a!, b!) ?? joined(b!, a!);
};

function joined(first: Value, second: Value): Value | undefined {
  const [left, right] = [attrsOf<PadAttrs>(first), attrsOf<PadAttrs>(second)];
  const padded = (n: number): boolean => n > 0;
  const axis = left.after.findIndex(padded);
  const alone =
    axis >= 0 &&
    !left.before.some(padded) &&
    !right.after.some(padded) &&
    left.after.every((n, i) => n === 0 || i === axis) &&
    right.before.every((n, i) => n === 0 || i === axis);
  const [x, y] = [first.inputs[0]!, second.inputs[0]!];
  return alone && right.before[axis] === x.shape[axis] && left.after[axis] === y.shape[axis]
    ? concat([x, y], axis)
    : undefined;
}

const rules: readonly Rule[] = [
  mean,
  inverseDeviation,
  normalisationGradient,
  normal,
  siluGradient,
  gelu,
  geluGradient,
  softmaxGradient,
  sideBySide,
];

/** x, given x * factor. */
function scaled(value: Value, factor: number): Value | undefined {
  if (value.op !== multiplyOp) return undefined;
  const by = scalarOf(value.inputs[1]!);
  return by !== undefined && Math.fround(by) === Math.fround(factor) ? value.inputs[0] : undefined;
}

/** x, given erf(x / sqrt 2) + 1. */
function gateOf(share: Value): Value | undefined {
  if (share.op !== addOp || scalarOf(share.inputs[1]!) !== 1 || share.inputs[0]!.op !== erfOp)
    return undefined;
  return scaled(share.inputs[0]!.inputs[0]!, Math.SQRT1_2);
}

/** x, given the mean of x over the last axis, kept. */
function averaged(value: Value): Value | undefined {
  if (value.op !== meanOp) return undefined;
  const [x] = value.inputs as [Value];
  const { axes, keepDims } = attrsOf<ReduceAttrs>(value);
  return keepDims && axes.length === 1 && axes[0] === x.shape.length - 1 ? x : undefined;
}

/** x, given x - mean x. */
function centred(value: Value): Value | undefined {
  if (value.op !== subtractOp) return undefined;
  const [x, average] = value.inputs as [Value, Value];
  return averaged(average) === x ? x : undefined;
}

function statsOf(value: Value, what: ItemAttrs['item']): Value | undefined {
  return value.op === itemOp && attrsOf<ItemAttrs>(value).item === what ? value.inputs[0] : undefined;
}
