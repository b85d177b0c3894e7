// Reverse-mode differentiation: a graph in, a graph out.

import { checkList } from '../checks/index.js';
import { add } from './elementwise.js';
import { broadcastTo } from './layout.js';
import { checkValue, checkValues } from './operands.js';
import { withInputs } from './rewrite.js';
import { sameShape } from './shapes.js';
import type { DType, Shape } from './tensor.js';
import { topological } from './traverse.js';
import { describe, node, type Op, scalar, type Value } from './value.js';

/** A gradient for each value, in their order. */
export type Gradients<T extends readonly Value[]> = { -readonly [K in keyof T]: Value };

/**
 * The gradient of a scalar `loss` with respect to each value of `wrt`, in their order.
 * A value that the loss does not depend on gets zeros. Throws if the loss is no scalar, or if the path
 * crosses an op that has neither a rule nor an expansion.
 */
export function grad<const T extends readonly Value[]>(loss: Value, wrt: T): Gradients<T> {
  checkValue('grad', loss, 'the loss');
  checkValues('grad', checkList(wrt, 'grad: wrt', 'values of a graph') as T);
  if (loss.shape.some((n) => n !== 1)) {
    throw new Error(`grad: the loss must be a scalar, not ${describe(loss)}; sum or average it first`);
  }
  return pullback(loss, broadcastTo(scalar(1), loss.shape), wrt) as Gradients<T>;
}

/** dy carried back from `output` to each value of `wrt` (a vector-Jacobian product). */
export function pullback(output: Value, dy: Value, wrt: readonly Value[]): Value[] {
  const order = topological([output]);
  const onPath = dependents(order, new Set(wrt));
  const gradients = new Map<Value, Value>();
  if (onPath.has(output)) gradients.set(output, dy);
  for (let i = order.length - 1; i >= 0; i--) {
    const value = order[i]!;
    const incoming = gradients.get(value);
    if (!incoming || value.inputs.length === 0) continue;
    rule(value, incoming, onPath).forEach((part, k) => {
      const source = value.inputs[k]!;
      if (!part || !onPath.has(source)) return;
      if (!sameShape(part.shape, source.shape)) {
        throw new Error(`${value.op.name}: gradient ${describe(part)} does not fit ${describe(source)}`);
      }
      const before = gradients.get(source);
      gradients.set(source, before ? add(before, part) : part);
    });
  }
  return wrt.map((value) => gradients.get(value) ?? broadcastTo(scalar(0), value.shape));
}

function rule(value: Value, dy: Value, onPath: ReadonlySet<Value>): readonly (Value | null)[] {
  const { vjp, expand, name } = value.op;
  if (vjp) return vjp(value, dy);
  if (!expand) throw new Error(`${name}: has neither a gradient rule nor an expansion`);
  return throughExpansion(value, expand, dy, onPath);
}

/**
 * Differentiates the expansion over stand-ins of the operands, then puts the operands in their places. Over the
 * operands themselves it would miss gradients: builders look through reshapes and transposes, so an expansion may
 * read what lies behind an operand, and one operand may depend on another.
 */
function throughExpansion(
  value: Value,
  expand: (node: Value) => Value,
  dy: Value,
  onPath: ReadonlySet<Value>,
): (Value | null)[] {
  const operands = value.inputs.map(standIn);
  const incoming = standIn(dy);
  const asked = operands.filter((_, i) => onPath.has(value.inputs[i]!));
  const parts = pullback(expand({ ...value, inputs: operands }), incoming, asked);
  const places = new Map(operands.map((operand, i) => [operand, value.inputs[i]!]));
  places.set(incoming, dy);
  for (const x of topological(parts)) {
    if (!places.has(x))
      places.set(
        x,
        withInputs(
          x,
          x.inputs.map((source) => places.get(source) ?? source),
        ),
      );
  }
  return operands.map((operand) => {
    const at = asked.indexOf(operand);
    return at < 0 ? null : places.get(parts[at]!)!;
  });
}

const standInOp: Op = {
  name: 'standIn',
  infer: (_inputs, { shape, dtype }) => ({ shape: shape as Shape, dtype: dtype as DType }),
};

function standIn({ shape, dtype }: Value): Value {
  return node(standInOp, [], { shape, dtype });
}

/** Every value of `order` from which one of `sources` can be reached. */
function dependents(order: readonly Value[], sources: ReadonlySet<Value>): Set<Value> {
  const found = new Set<Value>();
  for (const value of order) {
    if (sources.has(value) || value.inputs.some((x) => found.has(x))) found.add(value);
  }
  return found;
}
