// Runs graphs in plain TypeScript: slow, simple, and what every backend is compared with.

import { checkObject } from '../checks/index.js';
import { checkValue } from '../graph/operands.js';
import { expandComposites } from '../graph/rewrite.js';
import { sameShape } from '../graph/shapes.js';
import type { Tensors } from '../graph/tensor.js';
import { topological } from '../graph/traverse.js';
import {
  attrsOf,
  type ConstantAttrs,
  constantOp,
  inputOp,
  type LeafAttrs,
  parameterOp,
  type Value,
  type Values,
} from '../graph/value.js';
import { roundHalves, toDense, toTensor } from './convert.js';
import { type Dense, type Denses, type Precision, zeros } from './dense.js';
import { kernels } from './kernels.js';

/** Values in the order of computation, in primitives alone, with what may be forgotten after each. */
export interface Program {
  readonly steps: readonly { readonly value: Value; readonly spent: readonly Value[] }[];
  readonly outputs: Values;
}

/**
 * Computes `outputs`, composites through their expansions. Inputs and parameters are looked up by name.
 * Throws if one is missing or has another shape or dtype than the graph says.
 */
export function interpret(outputs: Values, inputs: Tensors = {}, params: Tensors = {}): Tensors {
  const dense = evaluate(program(outputs), denseOf(inputs, 'float32'), denseOf(params, 'float32'));
  return tensorsOf(dense);
}

/** As `interpret`, with every float kept at double precision, in and out: for finite differences. */
export function interpretDouble(outputs: Values, inputs: Denses = {}, params: Denses = {}): Denses {
  return evaluate(program(outputs), inputs, params, 'float64');
}

/** Prepares values for repeated evaluation. */
export function program(outputs: Values): Program {
  for (const [name, value] of Object.entries(checkObject(outputs, 'outputs')))
    checkValue('interpret', value, `outputs.${name}`);
  const expanded = expandComposites({ inputs: {}, params: {}, outputs }).outputs;
  const order = topological(Object.values(expanded));
  const kept = new Set(Object.values(expanded));
  const steps = order.map((value) => ({ value, spent: [] as Value[] }));
  for (let i = steps.length - 1; i >= 0; i--) {
    for (const x of steps[i].value.inputs) {
      if (kept.has(x)) continue;
      kept.add(x);
      steps[i].spent.push(x);
    }
  }
  return { steps, outputs: expanded };
}

/** Runs a program. Results may share memory with what was given. */
export function evaluate(
  { steps, outputs }: Program,
  inputs: Denses,
  params: Denses,
  precision: Precision = 'float32',
): Denses {
  const results = new Map<Value, Dense>();
  const resultOf = (value: Value): Dense => {
    const result = results.get(value);
    if (!result) throw new Error(`${value.op.name} was not computed`);
    return result;
  };
  for (const { value, spent } of steps) {
    results.set(
      value,
      leaf(value, inputs, params, precision) ?? compute(value, value.inputs.map(resultOf), precision),
    );
    for (const x of spent) results.delete(x);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, resultOf(value)]));
}

function compute(value: Value, inputs: readonly Dense[], precision: Precision): Dense {
  const kernel = kernels[value.op.name];
  if (!kernel) throw new Error(`${value.op.name}: the interpreter has no kernel for this op`);
  const out = zeros(value.dtype, value.shape, precision);
  kernel(inputs, out, value.attrs);
  if (precision === 'float32') roundHalves(out);
  return out;
}

function leaf(value: Value, inputs: Denses, params: Denses, precision: Precision): Dense | undefined {
  if (value.op === constantOp) return toDense(attrsOf<ConstantAttrs>(value).tensor, precision);
  if (value.op === inputOp) return checked('input', value, inputs);
  if (value.op === parameterOp) return checked('parameter', value, params);
  return undefined;
}

function checked(kind: string, value: Value, given: Denses): Dense {
  const { name } = attrsOf<LeafAttrs>(value);
  const dense = given[name];
  if (!dense)
    throw new Error(`${kind} ${name}: nothing was given; it needs ${value.dtype} ${text(value.shape)}`);
  if (dense.dtype !== value.dtype || !sameShape(dense.shape, value.shape)) {
    const wanted = `${value.dtype} ${text(value.shape)}`;
    throw new Error(`${kind} ${name}: ${dense.dtype} ${text(dense.shape)} was given; it needs ${wanted}`);
  }
  return dense;
}

const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;

/** Tensors as the interpreter holds them. */
export function denseOf(tensors: Tensors, precision: Precision): Denses {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toDense(x, precision)]));
}

/** Results as tensors of their own memory. */
export function tensorsOf(denses: Denses): Tensors {
  return Object.fromEntries(Object.entries(denses).map(([name, x]) => [name, toTensor(x)]));
}
