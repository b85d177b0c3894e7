import type { Graph } from '@spatiallock/core';
import { expandComposites, type Op, simplify } from '@spatiallock/core/backend';
import { fuseBias } from './bias.js';
import { fuseNormalisation } from './normalisation.js';
import { rewrite } from './rewrite.js';

/** Composites whose gradients read what the expansion computes on the way: in training both share it. */
const sharedWithGradient: ReadonlySet<string> = new Set([
  'silu',
  'gelu',
  'layerNorm',
  'groupNorm',
  'attention',
]);

/** The graph as it will be lowered: composites that are lowered whole stay, everything else is primitive. */
export function prepare(graph: Graph, native: (op: Op) => boolean): Graph {
  const training = graph.updates !== undefined;
  const keep = (op: Op) => native(op) && !(training && sharedWithGradient.has(op.name));
  const primitive = simplify(expandComposites(graph, keep));
  return rewrite(rewrite(primitive, fuseNormalisation), fuseBias);
}
