// Products with the transpose of a weight become FusedMatMul: the runtime would keep the transpose as a second copy.

import type { Graph, Value } from '@spatiallock/core';
import {
  attrsOf,
  type LeafAttrs,
  matmulOp,
  parameterOp,
  rootsOf,
  type TransposeAttrs,
  topological,
  transposeOp,
} from '@spatiallock/core/backend';

/**
 * Transposes of parameters [N, K] without an update that nothing but products read, as their second operand. `isCoded` tells which
 * are kept in a few bits: the runtime knows products with those by their transposes.
 */
export function transposedProducts(graph: Graph, isCoded: (param: Value) => boolean): ReadonlySet<Value> {
  const { updates = {} } = graph;
  const roots = rootsOf(graph);
  const order = topological(roots);
  const isWeight = (value: Value): boolean =>
    value.op === parameterOp && !Object.hasOwn(updates, attrsOf<LeafAttrs>(value).name) && !isCoded(value);
  const found = new Set(
    order.filter(
      (value) =>
        value.op === transposeOp &&
        attrsOf<TransposeAttrs>(value).perm.join() === '1,0' &&
        isWeight(value.inputs[0]!),
    ),
  );
  for (const root of roots) found.delete(root);
  for (const value of order) {
    value.inputs.forEach((x, i) => {
      if (value.op !== matmulOp || i === 0) found.delete(x);
    });
  }
  return found;
}
