// What the gradients of norms and activations are written out as, put together again: PyTorch has a kernel for each.

import { type Graph, scalarOf, sizeOf, type Value } from '@spatiallock/core';
import {
  addOp,
  attrsOf,
  divideOp,
  multiplyOp,
  node,
  type ReduceAttrs,
  replaceRoots,
  rootsOf,
  sigmoidOp,
  siluOp,
  sqrtOp,
  subtractOp,
  sumOp,
  topological,
  withInputs,
} from '@spatiallock/core/backend';
import {
  type ItemAttrs,
  item,
  itemOp,
  meanOp,
  normalisation,
  normalisationGradientOp,
  siluGradientOp,
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
    dy!.shape.length === x.shape.length &&
    dy!.shape.every((n, i) => n === x.shape[i]);
  return fits ? node(siluGradientOp, [dy!, x]) : undefined;
};

const rules: readonly Rule[] = [mean, inverseDeviation, normalisationGradient, normal, siluGradient];

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
