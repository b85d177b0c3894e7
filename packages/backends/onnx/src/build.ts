// A graph as the bytes of an ONNX model.

import { create, toBinary } from '@bufbuild/protobuf';
import type { Graph, Value } from '@spatiallock/core';
import {
  attrsOf,
  castOp,
  constantOp,
  describe,
  inputOp,
  type LeafAttrs,
  matmulOp,
  parameterOp,
  readAsHalves,
  topological,
} from '@spatiallock/core/backend';
import type { StoredCodes } from '@spatiallock/core/graph';
import { withBranches } from './branches.js';
import { emitNumbers, emitPackedProduct, type PackedProducts, packedProducts } from './coded.js';
import { type Emitter, emitter, type Target } from './emitter.js';
import { type ModelProto, ModelProtoSchema, type TensorProto, TensorProto_DataType } from './gen/onnx_pb.js';
import { BLOCKED_DOMAIN } from './lowering/blocked.js';
import { lowerings } from './lowering/index.js';
import { dataTypeOf, valueInfoProto } from './messages.js';
import { prepare } from './passes/index.js';
import type { constantParameters } from './weights.js';

export const OPSET = 21;
const IR_VERSION = 10;

/** How ONNX names the ends of a graph: `input:x`, `param:unet.conv_in.weight`, `output:y`, `update:...`. */
export const endName = (kind: 'input' | 'param' | 'output' | 'update', name: string): string =>
  `${kind}:${name}`;

/** A graph as ONNX: the file's bytes, and the names that a session is fed. */
export interface BuiltModel {
  readonly bytes: Uint8Array;
  /** Inputs and fed parameters that the outputs depend on, and so the runtime asks for. */
  readonly inputs: readonly string[];
  readonly fedParams: readonly string[];
}

/**
 * Lowers a graph. `initializer` gives the constant numbers of each parameter that has no update, `codes` how they are kept
 * in a few bits; parameters with an update are inputs of the model.
 */
export function buildModel(
  graph: Graph,
  { initializer, codes }: Pick<ReturnType<typeof constantParameters>, 'initializer' | 'codes'>,
  device: Target = {},
): BuiltModel {
  const prepared = prepare(graph, (op) => op.name in lowerings);
  const { outputs, updates = {} } = prepared;
  const codesOf = (value: Value): StoredCodes | undefined => {
    const name = value.op === parameterOp ? attrsOf<LeafAttrs>(value).name : undefined;
    return name === undefined || name in updates ? undefined : codes(name, value);
  };
  const packed = packedProducts(prepared, codesOf);
  const names = new Map<Value, string>();
  const roots = [
    ...Object.entries(outputs).map(([name, value]) => [endName('output', name), value] as const),
    ...Object.entries(updates).map(([name, value]) => [endName('update', name), value] as const),
  ];
  const leaves = nameLeaves(
    graph,
    roots.map(([, value]) => value),
    names,
  );
  const fedParams = leaves.params.filter((name) => name in updates);
  const constants = leaves.params.filter((name) => !(name in updates));
  const kept = constants.map((name): KeptParameter => {
    const value = graph.params[name]!;
    return { value, coded: codesOf(value), protos: initializer(name, value, packed.params.has(value)) };
  });
  const parameters = kept.flatMap(({ protos }) => protos);
  const target = emitter(
    device,
    parameters.map(({ name }) => name),
  );
  const halves = target.half ? keptHalves(kept, readAsHalves(prepared)) : new Map<Value, string>();
  const widened = widen(
    kept.filter(({ value }) => !packed.params.has(value) && !halves.has(value)),
    names,
    target,
  );
  for (const value of topological(roots.map(([, root]) => root))) {
    const half = value.op === castOp ? halves.get(value.inputs[0]!) : undefined;
    if (half !== undefined) names.set(value, half);
  }
  lowerAll(
    roots.map(([, value]) => value),
    names,
    target,
    { packed, codesOf },
  );
  const ends = roots.map(([name, value]) => identity(lookUp(names, value), name));
  const model: ModelProto = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'spatiallock',
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      { domain: 'com.microsoft', version: 1n },
      { domain: BLOCKED_DOMAIN, version: 1n },
    ],
    graph: {
      name: 'graph',
      node: [
        ...withBranches(
          target.nodes,
          // What is computed once for all calls stays outside of branches.
          [...roots.map(([, value]) => lookUp(names, value)), ...widened],
        ),
        ...ends,
      ],
      initializer: [...target.initializers, ...parameters],
      input: [
        ...leaves.inputs.map((name) => valueInfo(endName('input', name), graph.inputs[name]!)),
        ...fedParams.map((name) => valueInfo(endName('param', name), graph.params[name]!)),
      ],
      output: roots.map(([name, value]) => valueInfo(name, value)),
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), inputs: leaves.inputs, fedParams };
}

interface KeptParameter {
  readonly value: Value;
  readonly protos: readonly TensorProto[];
  readonly coded?: StoredCodes | undefined;
}

/** Names of the parameters that are kept as halves and read as such alone. */
const keptHalves = (kept: readonly KeptParameter[], readSo: ReadonlySet<string>): Map<Value, string> =>
  new Map(
    kept.flatMap(({ value, protos: [proto] }) =>
      proto?.dataType === TensorProto_DataType.FLOAT16 && readSo.has(attrsOf<LeafAttrs>(value).name)
        ? [[value, proto.name] as const]
        : [],
    ),
  );

/**
 * Parameters that are kept as halves go through a Cast, which the runtime does once, and codes through what computes their
 * numbers; their names after it.
 */
function widen(kept: readonly KeptParameter[], names: Map<Value, string>, target: Emitter): string[] {
  return kept.flatMap(({ value, protos: [proto, scales], coded }) => {
    const { name, dataType } = proto!;
    const to = dataTypeOf(value.dtype);
    if (dataType === to) return [];
    target.label(`${name} widened`);
    const widened =
      coded && scales
        ? emitNumbers(value, coded, [name, scales.name], target)
        : target.emit('Cast', [name], { to });
    names.set(value, widened);
    return [widened];
  });
}

function valueInfo(name: string, { dtype, shape }: Value) {
  return valueInfoProto(name, dtype, shape);
}

function identity(from: string, to: string) {
  return { input: [from], output: [to], name: to, opType: 'Identity' };
}

/** Names inputs and parameters, and tells which of them the roots need. */
function nameLeaves(graph: Graph, roots: readonly Value[], names: Map<Value, string>) {
  const used = { inputs: [] as string[], params: [] as string[] };
  for (const value of topological(roots)) {
    const { op } = value;
    if (op !== inputOp && op !== parameterOp) continue;
    const { name } = attrsOf<LeafAttrs>(value);
    const isInput = op === inputOp;
    if ((isInput ? graph.inputs : graph.params)[name] !== value) {
      throw new Error(
        `${describe(value)}: an output depends on this ${op.name}, but the graph's ` +
          `${isInput ? 'inputs' : 'params'} do not hold it; add it there`,
      );
    }
    (isInput ? used.inputs : used.params).push(name);
    names.set(value, endName(isInput ? 'input' : 'param', name));
  }
  return used;
}

interface Codes {
  readonly packed: PackedProducts;
  readonly codesOf: (value: Value) => StoredCodes | undefined;
}

/** Lowers every value that the roots need; composites without an entry of their own are expanded. */
function lowerAll(roots: readonly Value[], names: Map<Value, string>, target: Emitter, codes: Codes): void {
  for (const value of topological(roots)) {
    if (names.has(value) || codes.packed.transposes.has(value)) continue;
    names.set(value, packedProduct(value, names, target, codes) ?? lower(value, names, target));
  }
}

/** A product with the transpose of a parameter that stays in codes. */
function packedProduct(
  value: Value,
  names: ReadonlyMap<Value, string>,
  target: Emitter,
  { packed, codesOf }: Codes,
): string | undefined {
  const [x, transposed] = value.inputs;
  if (!transposed || value.op !== matmulOp || !packed.transposes.has(transposed)) return undefined;
  const [param] = transposed.inputs as [Value];
  const coded = codesOf(param);
  if (!coded) return undefined;
  const name = lookUp(names, param);
  target.label(labelOf(transposed));
  return emitPackedProduct(lookUp(names, x!), param, coded, [name, `${name}.scales`], target);
}

function lower(value: Value, names: Map<Value, string>, target: Emitter): string {
  const lowering = lowerings[value.op.name];
  if (lowering) {
    target.label(labelOf(value));
    return lowering(
      value,
      value.inputs.map((x) => lookUp(names, x)),
      target,
    );
  }
  throw new Error(
    `${describe(value)}: the ONNX backend has no lowering for ${value.op.name}, nor an expansion`,
  );
}

/** What errors and profiles of the runtime call a node: `conv2d[1, 64, 8, 8] of unet.conv_in.weight`. */
function labelOf(value: Value): string {
  if (value.op === constantOp) return 'constant';
  const read = value.inputs
    .map((x) => (x.op === castOp ? x.inputs[0]! : x))
    .find((x) => x.op === parameterOp);
  return read ? `${describe(value)} of ${attrsOf<LeafAttrs>(read).name}` : describe(value);
}

function lookUp(names: ReadonlyMap<Value, string>, value: Value): string {
  const name = names.get(value);
  if (name === undefined) throw new Error(`${describe(value)}: not lowered yet`);
  return name;
}
