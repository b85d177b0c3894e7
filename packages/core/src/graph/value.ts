// A network is an immutable graph of values. Nothing is computed here: a backend compiles the graph.

import { checkChoice, checkList, checkObject, checkText } from '../checks/index.js';
import { messageOf, showValue } from '../checks/showValue.js';
import { checkValue, checkValues, checkWholes } from './operands.js';
import { normaliseAxis } from './shapes.js';
import { type DType, dtypes, type Shape, type Tensor } from './tensor.js';

/** Attributes of a node, by name. */
export type Attrs = Readonly<Record<string, unknown>>;

/** One node of a graph: the result of `op` on `inputs`, with its shape known. */
export interface Value {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Values of a graph, by name. */
export type Values = Readonly<Record<string, Value>>;

/** Shape and type of an op's result. */
export interface Inferred {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * What a node does. A primitive is computed by every backend; a composite has `expand`, and a backend may
 * lower it natively instead. `vjp` gives the gradient for each input (null where there is none); a composite
 * without one is differentiated through its expansion.
 */
export interface Op {
  readonly name: string;
  /** Shape and type of the result; throws where inputs or attributes do not fit. */
  infer(inputs: readonly Value[], attrs: Attrs): Inferred;
  /**
   * The gradient of each input from that of the result, null where an input has none. Absent: that of `expand` is
   * taken.
   */
  vjp?(node: Value, dy: Value): readonly (Value | null)[];
  /** The same result from simpler ops. Absent: the op is a primitive, which every backend lowers. */
  expand?(node: Value): Value;
}

/** What a backend compiles. `updates` maps a parameter's name to its next value: a training step. */
export interface Graph {
  readonly inputs: Values;
  readonly params: Values;
  readonly outputs: Values;
  readonly updates?: Values;
  /** Of a training step: its loss is scaled, so that half precision may compute its products and their gradients. Default false. */
  readonly lossScaled?: boolean;
}

/** Makes a node; shape errors name the op and every operand. */
export function node(op: Op, inputs: readonly Value[], attrs: Attrs = {}): Value {
  checkValues(op.name, inputs);
  try {
    const { shape, dtype } = op.infer(inputs, attrs);
    checkResult(shape, dtype);
    return { op, inputs, attrs, shape, dtype };
  } catch (cause) {
    const operands = inputs.map(describe).join(', ');
    const reason = messageOf(cause);
    throw new Error(`${op.name}(${operands}): ${reason}`, { cause });
  }
}

/** Wrong attributes show in the result: a side of NaN, or an unknown dtype. */
function checkResult(shape: Shape, dtype: DType): void {
  if (!shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new Error(
      `the result would have the shape ${showValue(shape)}; it needs whole numbers of at least 0`,
    );
  }
  checkChoice(dtype, dtypes, 'dtype');
}

/** A node in a few words, a parameter by its path: `unet.conv_in.weight[320, 4, 3, 3]`. */
export function describe(value: Value): string {
  const name = typeof value.attrs.name === 'string' ? value.attrs.name : value.op.name;
  return `${name}[${value.shape.join(', ')}]${value.dtype === 'float32' ? '' : `:${value.dtype}`}`;
}

/** The axis of `x` counted from the start; an error names the op that asked for it. */
export function axisOf(op: string, x: Value, axis: number): number {
  checkValue(op, x);
  try {
    return normaliseAxis(axis, x.shape.length);
  } catch (cause) {
    throw new Error(`${op}(${describe(x)}): ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Attributes under the type that the op's builder gave them. */
export function attrsOf<A extends object>(value: Value): Readonly<A> {
  return value.attrs as Readonly<A>;
}

function leaf(name: string): Op {
  return {
    name,
    infer: (_inputs, attrs) => ({ shape: attrs.shape as Shape, dtype: attrs.dtype as DType }),
  };
}

/** The op of `input`. */
export const inputOp = leaf('input');
/** The op of `parameter`. */
export const parameterOp = leaf('parameter');
/** The op of `constant`. */
export const constantOp = leaf('constant');

/** Attributes of leaf nodes. */
export interface LeafAttrs {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Attributes of constant nodes. */
export interface ConstantAttrs {
  readonly tensor: Tensor;
}

/** A tensor fed at every run. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Value {
  checkShape('input', name, shape);
  return node(inputOp, [], { name, shape, dtype });
}

/** A tensor given when the graph is compiled; `init` says how training starts it. */
export function parameter(name: string, shape: Shape, attrs: Attrs = {}): Value {
  checkShape('parameter', name, shape);
  return node(parameterOp, [], { dtype: 'float32', ...attrs, name, shape });
}

/** Numbers known when the graph is built. */
export function constant(tensor: Tensor): Value {
  checkTensor(tensor, 'constant: the tensor');
  return node(constantOp, [], { tensor, shape: tensor.shape, dtype: tensor.dtype });
}

/** A float32 scalar, shape []. */
export function scalar(value: number): Value {
  if (typeof value !== 'number') throw new Error(`scalar: must be a number, not ${showValue(value)}`);
  return constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
}

/** The number of a scalar constant, or undefined for every other value. */
export function scalarOf(value: Value): number | undefined {
  if (value.op !== constantOp) return undefined;
  const { data } = attrsOf<ConstantAttrs>(value).tensor;
  return data.length === 1 && value.dtype === 'float32' ? data[0] : undefined;
}

function checkShape(op: string, name: string, shape: Shape): void {
  checkText(name, `${op}: name`);
  checkList(shape, `${name}: its shape`, 'whole numbers');
  if (!shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new Error(`${name}: shape ${showValue(shape)} must hold whole numbers of at least 0`);
  }
}

/** Throws an error that begins with `path` unless it has a shape and a type. Its numbers are not asked for: they may lie in a file. */
export function checkTensor(given: unknown, path: string): void {
  const { shape, dtype } = checkObject(given, path);
  checkWholes(path, shape, 'its shape');
  checkChoice(dtype, dtypes, `${path}: dtype`);
}
