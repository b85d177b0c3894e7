// A graph as the bytes of an ONNX model.

import { create, toBinary } from '@bufbuild/protobuf';
import type { Graph, Value } from '@spatiallock/core';
import {
  attrsOf,
  castOp,
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
import { labelOf } from './label.js';
import { BLOCKED_DOMAIN } from './lowering/blocked.js';
import { lowerings } from './lowering/index.js';
import { dataTypeOf, valueInfoProto } from './messages.js';
import { movedHalves } from './movedHalves.js';
import { type ValueNames, valueNames } from './names.js';
import { prepare } from './passes/index.js';
import { transposedProducts } from './transposedProducts.js';
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
  const names = valueNames();
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
  const decoded = nameKept(
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
    { packed, codesOf, turned: turnedProducts(prepared, codesOf, device) },
  );
  const ends = roots.map(([name, value]) => identity(names.of(value, target), name));
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
          [...roots.map(([, value]) => names.of(value, target)), ...decoded, ...names.widened],
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

/** Names parameters that are kept as halves, and what computes the numbers of those that are kept as codes; gives the latter. */
function nameKept(kept: readonly KeptParameter[], names: ValueNames, target: Emitter): string[] {
  return kept.flatMap(({ value, protos: [proto, scales], coded }) => {
    const { name, dataType } = proto!;
    if (dataType === dataTypeOf(value.dtype)) return [];
    if (!coded || !scales) {
      names.setHalves(value, name);
      return [];
    }
    target.label(`${name} widened`);
    const numbers = emitNumbers(value, coded, [name, scales.name], target);
    names.set(value, numbers);
    return [numbers];
  });
}

function valueInfo(name: string, { dtype, shape }: Value) {
  return valueInfoProto(name, dtype, shape);
}

function identity(from: string, to: string) {
  return { input: [from], output: [to], name: to, opType: 'Identity' };
}

/** Names inputs and parameters, and tells which of them the roots need. */
function nameLeaves(graph: Graph, roots: readonly Value[], names: ValueNames) {
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
  readonly turned: ReadonlySet<Value>;
  readonly codesOf: (value: Value) => StoredCodes | undefined;
}

/** Lowers every value that the roots need; composites without an entry of their own are expanded. */
function lowerAll(roots: readonly Value[], names: ValueNames, target: Emitter, codes: Codes): void {
  for (const value of topological(roots)) {
    if (names.has(value) || codes.packed.transposes.has(value) || codes.turned.has(value)) continue;
    const halves = movedHalves(value, names, target);
    if (halves !== undefined) names.setHalves(value, halves);
    else
      names.set(
        value,
        packedProduct(value, names, target, codes) ?? lowerTurned(value, names, target, codes),
      );
  }
}

const turnedProducts = (graph: Graph, codesOf: Codes['codesOf'], { fusedTranspose = false }: Target) =>
  fusedTranspose ? transposedProducts(graph, (param) => codesOf(param) !== undefined) : new Set<Value>();

function lowerTurned(value: Value, names: ValueNames, target: Emitter, { turned }: Codes): string {
  const [x, transposed] = value.inputs;
  if (value.op !== matmulOp || !turned.has(transposed!)) return lower(value, names, target);
  const operands = [names.of(x!, target), names.of(transposed!.inputs[0]!, target)];
  target.label(labelOf(transposed!));
  return target.emit('FusedMatMul', operands, { transB: 1 }, { domain: 'com.microsoft' });
}

/** A product with the transpose of a parameter that stays in codes. */
function packedProduct(
  value: Value,
  names: ValueNames,
  target: Emitter,
  { packed, codesOf }: Codes,
): string | undefined {
  const [x, transposed] = value.inputs;
  if (!transposed || value.op !== matmulOp || !packed.transposes.has(transposed)) return undefined;
  const [param] = transposed.inputs as [Value];
  const coded = codesOf(param);
  if (!coded) return undefined;
  const name = names.of(param, target);
  target.label(labelOf(transposed));
  return emitPackedProduct(names.of(x!, target), param, coded, [name, `${name}.scales`], target);
}

function lower(value: Value, names: ValueNames, target: Emitter): string {
  const lowering = lowerings[value.op.name];
  if (lowering) {
    const inputs = value.inputs.map((x) => names.of(x, target));
    target.label(labelOf(value));
    return lowering(value, inputs, target);
  }
  throw new Error(
    `${describe(value)}: the ONNX backend has no lowering for ${value.op.name}, nor an expansion`,
  );
}
