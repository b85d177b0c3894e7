// Finds normalisation over the last axis, as expansions and gradients of norms write it, and computes it in
// one go: the runtime's LayerNormalization gives the normalised numbers and 1 / std together.

import { scalarOf, type Value } from '@spatiallock/core';
import {
  addOp,
  attrsOf,
  divideOp,
  multiplyOp,
  node,
  type Op,
  type ReduceAttrs,
  sqrtOp,
  subtractOp,
  sumOp,
} from '@spatiallock/core/backend';
import type { Rule } from './rewrite.js';

/** (x - mean) / sqrt(variance + epsilon) over the last axis. */
export const normalOp: Op = {
  name: 'normal',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
};

/** 1 / sqrt(variance + epsilon) over the last axis, which becomes 1 long. */
export const inverseDeviationOp: Op = {
  name: 'inverseDeviation',
  infer: ([x]) => ({ shape: [...x!.shape.slice(0, -1), 1], dtype: x!.dtype }),
};

export interface NormalAttrs {
  readonly epsilon: number;
}

export const fuseNormalisation: Rule = (value) => {
  if (value.op === multiplyOp) {
    const [a, b] = value.inputs as [Value, Value];
    return normalOf(a, b) ?? normalOf(b, a);
  }
  const found = value.op === divideOp ? inverseOf(value) : undefined;
  return found && node(inverseDeviationOp, [found.x], { epsilon: found.epsilon });
};

/** By then the factor was already recognised as 1 / std. */
function normalOf(centred: Value, inverse: Value): Value | undefined {
  if (inverse.op !== inverseDeviationOp) return undefined;
  const x = centredOf(centred);
  return x && x === inverse.inputs[0] ? node(normalOp, [x], { ...inverse.attrs }) : undefined;
}

function inverseOf({ inputs: [one, root] }: Value): { x: Value; epsilon: number } | undefined {
  if (scalarOf(one!) !== 1 || root!.op !== sqrtOp) return undefined;
  const [sum] = root!.inputs as [Value];
  if (sum.op !== addOp) return undefined;
  const [variance, epsilon] = sum.inputs as [Value, Value];
  const square = meanOf(variance);
  if (square?.op !== multiplyOp || square.inputs[0] !== square.inputs[1]) return undefined;
  const x = centredOf(square.inputs[0]!);
  const small = scalarOf(epsilon);
  return x && small !== undefined ? { x, epsilon: small } : undefined;
}

/** x, given x - mean(x). */
function centredOf(value: Value): Value | undefined {
  if (value.op !== subtractOp) return undefined;
  const [x, average] = value.inputs as [Value, Value];
  return meanOf(average) === x ? x : undefined;
}

/** x, given the mean of x over the last axis, kept. */
function meanOf(value: Value): Value | undefined {
  if (value.op !== divideOp) return undefined;
  const [total, count] = value.inputs as [Value, Value];
  if (total.op !== sumOp) return undefined;
  const [x] = total.inputs as [Value];
  const { axes, keepDims } = attrsOf<ReduceAttrs>(total);
  const last = axes.length === 1 && axes[0] === x.shape.length - 1 && keepDims;
  return last && scalarOf(count) === x.shape.at(-1) ? x : undefined;
}
