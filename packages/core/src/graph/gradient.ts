// Reverse-mode differentiation: a graph in, a graph out.

import { add } from './elementwise.js';
import { broadcastTo } from './layout.js';
import { sameShape } from './shapes.js';
import { topological } from './traverse.js';
import { describe, scalar, type Value } from './value.js';

/**
 * The gradient of a scalar `loss` with respect to each value of `wrt`, in their order.
 * A value that the loss does not depend on gets zeros. Throws if the loss is no scalar, or if the path
 * crosses an op that has neither a rule nor an expansion.
 */
export function grad(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.some((n) => n !== 1)) {
    throw new Error(`grad: the loss must be a scalar, not ${describe(loss)}; sum or average it first`);
  }
  return pullback(loss, broadcastTo(scalar(1), loss.shape), wrt);
}

/** dy carried back from `output` to each value of `wrt` (a vector-Jacobian product). */
export function pullback(output: Value, dy: Value, wrt: readonly Value[]): Value[] {
  return carry(topological([output]), output, dy, wrt, new Set());
}

/** Carries dy back through `order`, and not beyond the values of `ends`. */
function carry(
  order: readonly Value[],
  output: Value,
  dy: Value,
  wrt: readonly Value[],
  ends: ReadonlySet<Value>,
): Value[] {
  const onPath = dependents(order, new Set(wrt));
  const gradients = new Map<Value, Value>();
  if (onPath.has(output)) gradients.set(output, dy);
  for (let i = order.length - 1; i >= 0; i--) {
    const value = order[i]!;
    const incoming = gradients.get(value);
    if (!incoming || value.inputs.length === 0 || ends.has(value)) continue;
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
  const asked = value.inputs.filter((source) => onPath.has(source));
  const expansion = expand(value);
  // One operand may depend on another: what reaches an operand's own inputs is not this op's to give.
  const ends = new Set(value.inputs);
  const order = topological([expansion], (x) => (ends.has(x) ? [] : x.inputs));
  const parts = carry(order, expansion, dy, asked, ends);
  return value.inputs.map((source) => {
    const at = asked.indexOf(source);
    // An operand given twice gets its whole gradient once.
    return at >= 0 ? take(parts, at) : null;
  });
}

function take(parts: (Value | null)[], at: number): Value | null {
  const part = parts[at] ?? null;
  parts[at] = null;
  return part;
}

/** Every value of `order` from which one of `sources` can be reached. */
function dependents(order: readonly Value[], sources: ReadonlySet<Value>): Set<Value> {
  const found = new Set<Value>();
  for (const value of order) {
    if (sources.has(value) || value.inputs.some((x) => found.has(x))) found.add(value);
  }
  return found;
}
