// A graph as steps on a device: what depends on constants alone is computed once, and every other value is freed
// after the last step that reads it.

import type { Graph, Tensors, Value } from '@spatiallock/core';
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
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.js';
import { runError } from './errors.js';
import { lowerings, type Step } from './lowering/index.js';
import { prepare } from './passes/index.js';
import type { Session } from './session.js';
import { copyOf, upload } from './tensors.js';

export interface Instruction {
  readonly value: Value;
  readonly step: Step;
  /** Values that nothing after this step reads. */
  readonly spent: readonly Value[];
}

export interface Program {
  readonly graph: Graph;
  readonly instructions: readonly Instruction[];
  /** Inputs and parameters with updates that the steps or the roots read. */
  readonly leaves: readonly Value[];
  /** Values that stay on the device between runs. */
  readonly resident: ReadonlyMap<Value, TensorInfo>;
}

/** Lowers a graph and computes on the device what no run can change. */
export function programOf(graph: Graph, params: Tensors, device: Device, session: Session): Program {
  const prepared = prepare(graph, (name) => name in lowerings);
  const roots = rootsOf(prepared);
  const order = topological(roots);
  checkLeaves(graph, order);
  const isFixed = fixedIn(order, graph);
  const dynamic = order.filter((value) => !isFixed(value) && value.inputs.length > 0);
  const needed = new Set([...dynamic.flatMap((value) => value.inputs), ...roots].filter(isFixed));
  const resident = computeFixed(order.filter(isFixed), needed, params, device, session);
  return {
    graph: prepared,
    instructions: instructionsOf(dynamic, new Set(roots), isFixed, session),
    leaves: order.filter((value) => value.inputs.length === 0 && !isFixed(value)),
    resident,
  };
}

function checkLeaves(graph: Graph, order: readonly Value[]): void {
  for (const value of order) {
    if (value.op !== inputOp && value.op !== parameterOp) continue;
    const kind = value.op === inputOp ? 'inputs' : 'params';
    if (graph[kind][attrsOf<LeafAttrs>(value).name] !== value) {
      throw new Error(
        `${describe(value)}: an output depends on this ${value.op.name}, but the graph's ${kind} do not hold it; ` +
          'add it there',
      );
    }
  }
}

/** Constants, parameters that stay as they are, and what is computed from these alone. */
function fixedIn(order: readonly Value[], { updates = {} }: Graph): (value: Value) => boolean {
  const fixed = new Set<Value>();
  for (const value of order) {
    const { op, inputs } = value;
    const leaf = op === constantOp || (op === parameterOp && !(attrsOf<LeafAttrs>(value).name in updates));
    if (inputs.length > 0 ? inputs.every((x) => fixed.has(x)) : leaf) fixed.add(value);
  }
  return (value) => fixed.has(value);
}

function lower(value: Value, session: Session): Step {
  const lowering = lowerings[value.op.name];
  if (lowering) return lowering(value, session);
  throw new Error(
    `${describe(value)}: the TensorFlow.js backend has no lowering for ${value.op.name}, nor an expansion`,
  );
}

function computeFixed(
  order: readonly Value[],
  needed: ReadonlySet<Value>,
  params: Tensors,
  device: Device,
  session: Session,
): Map<Value, TensorInfo> {
  const found = new Map<Value, TensorInfo>();
  const steps = order.filter((value) => value.inputs.length > 0);
  const spentAfter = lastReads(steps, needed);
  try {
    for (const value of order) {
      const info =
        value.inputs.length === 0
          ? upload(device, copyOf(fixedTensor(value, params)))
          : evaluate(value, lower(value, session), found, device, session);
      found.set(value, info);
      for (const x of spentAfter.get(value) ?? []) release(x, found, session);
    }
  } catch (cause) {
    for (const info of found.values()) session.free(info);
    throw cause;
  }
  return found;
}

function fixedTensor(value: Value, params: Tensors) {
  if (value.op === constantOp) return attrsOf<ConstantAttrs>(value).tensor;
  return params[attrsOf<LeafAttrs>(value).name]!;
}

function instructionsOf(
  dynamic: readonly Value[],
  roots: ReadonlySet<Value>,
  isFixed: (value: Value) => boolean,
  session: Session,
): Instruction[] {
  const spentAfter = lastReads(dynamic, roots);
  return dynamic.map((value) => ({
    value,
    step: lower(value, session),
    spent: (spentAfter.get(value) ?? []).filter((x) => !isFixed(x)),
  }));
}

/** For each value, the operands that no later one reads; `kept` ones are never spent. */
function lastReads(order: readonly Value[], kept: ReadonlySet<Value>): Map<Value, Value[]> {
  const seen = new Set(kept);
  const spent = new Map<Value, Value[]>();
  for (const value of [...order].reverse()) {
    const last = [...new Set(value.inputs)].filter((x) => !seen.has(x));
    for (const x of last) seen.add(x);
    spent.set(value, last);
  }
  return spent;
}

export type Known = Pick<ReadonlyMap<Value, TensorInfo>, 'get'>;

/** Computes one value; an error names it. */
export function evaluate(
  value: Value,
  step: Step,
  found: Known,
  device: Device,
  session: Session,
): TensorInfo {
  try {
    const inputs = value.inputs.map((x) => {
      const info = found.get(x);
      if (!info) throw new Error(`${describe(x)} was not computed`);
      return info;
    });
    return session.compute(step, inputs);
  } catch (cause) {
    throw runError(device.name, value, cause);
  }
}

export function release(value: Value, found: Map<Value, TensorInfo>, session: Session): void {
  const info = found.get(value);
  if (!info) return;
  found.delete(value);
  session.free(info);
}
