// A graph as the worker reads it: a list of nodes, each after its inputs, and the numbers of its leaves.

import type { Graph, Tensor, Tensors, Value } from '@spatiallock/core';
import {
  attrsOf,
  type ConstantAttrs,
  constantOp,
  describe,
  inputOp,
  type LeafAttrs,
  parameterOp,
  rootsOf,
  topological,
} from '@spatiallock/core/backend';
import { float16ToFloat32 } from '@spatiallock/core/io';

/** Op, inputs by their place in the list, attributes, shape, dtype. */
type NodeFields = readonly [string, readonly number[], object, readonly number[], string];

/** What the worker is sent. All numbers are places in `nodes`. */
export interface Message {
  readonly nodes: readonly NodeFields[];
  readonly inputs: readonly number[];
  readonly params: readonly number[];
  readonly outputs: readonly number[];
  /** Parameter, next value. */
  readonly updates: readonly (readonly [number, number])[];
}

export interface Program {
  readonly message: Message;
  /** Constants, then parameters, in the order of `message`. */
  readonly parts: readonly Uint8Array[];
  /** Names in the order of `message.inputs` and `message.updates`. */
  readonly inputs: readonly string[];
  readonly updates: readonly string[];
}

/** Throws where a value reads an input or a parameter that the graph does not hold. */
export function programOf(graph: Graph, params: Tensors): Program {
  const updates = Object.entries(graph.updates ?? {});
  const moved = updates.map(([name]) => parameterOf(graph, name));
  const order = topological([...rootsOf(graph), ...moved]);
  const places = new Map(order.map((value, i) => [value, i]));
  const placeOf = (value: Value): number => places.get(value)!;
  const [inputs, read, constants] = [inputOp, parameterOp, constantOp].map((op) =>
    order.filter((value) => value.op === op),
  ) as [Value[], Value[], Value[]];
  for (const value of inputs) checkHeld(value, graph.inputs, 'input');
  for (const value of read) checkHeld(value, graph.params, 'parameter');
  return {
    message: {
      nodes: order.map((value) => fieldsOf(value, placeOf)),
      inputs: inputs.map(placeOf),
      params: read.map(placeOf),
      outputs: Object.values(graph.outputs).map(placeOf),
      updates: updates.map(([, value], i) => [placeOf(moved[i]!), placeOf(value)]),
    },
    parts: [
      ...constants.map((value) => bytesOf(attrsOf<ConstantAttrs>(value).tensor)),
      ...read.map((value) => bytesOf(params[nameOf(value)]!)),
    ],
    inputs: inputs.map(nameOf),
    updates: updates.map(([name]) => name),
  };
}

const nameOf = (value: Value): string => attrsOf<LeafAttrs>(value).name;

function parameterOf({ params }: Graph, name: string): Value {
  const value = params[name];
  if (!value) throw new Error(`updates.${name}: the graph has no parameter of this name`);
  return value;
}

function checkHeld(value: Value, held: Graph['inputs'], kind: string): void {
  if (held[nameOf(value)] !== value)
    throw new Error(`${describe(value)}: an output depends on this ${kind}, which is not among the graph's`);
}

function fieldsOf(value: Value, placeOf: (value: Value) => number): NodeFields {
  const leaf = value.inputs.length === 0;
  return [value.op.name, value.inputs.map(placeOf), leaf ? {} : value.attrs, value.shape, value.dtype];
}

/** Numbers as the worker takes them: halves become float32, everything else is passed on without a copy. */
export function bytesOf({ data }: Tensor): Uint8Array {
  const plain = data instanceof Uint16Array ? float16ToFloat32(data) : data;
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}
