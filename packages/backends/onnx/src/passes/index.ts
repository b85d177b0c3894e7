import type { Graph, Value } from '@spatiallock/core';
import { expandComposites, type Op, simplify } from '@spatiallock/core/backend';
import { fuseBias } from './bias.js';
import { fuseNormalisation } from './normalisation.js';
import { rewrite } from './rewrite.js';
import { sharedExpansions } from './sharing.js';

/** Composites whose gradients may read what the expansion computes on the way. */
const readByGradient: ReadonlySet<string> = new Set(['silu', 'gelu', 'layerNorm', 'groupNorm', 'attention']);

/** The graph as it will be lowered: composites that are lowered whole stay, everything else is primitive. */
export function prepare(graph: Graph, native: (op: Op) => boolean): Graph {
  // In training a composite and its gradient share what both compute, but for values that are computed again.
  const isShared = graph.updates === undefined ? () => false : sharedExpansions(graph);
  const keep = (op: Op, value: Value) => native(op) && !(readByGradient.has(op.name) && isShared(value));
  const primitive = simplify(expandComposites(graph, keep));
  return rewrite(rewrite(primitive, fuseNormalisation), fuseBias);
}
