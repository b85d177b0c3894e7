import type { Graph } from '@spatiallock/core';
import { expandComposites, type Op, simplify } from '@spatiallock/core/backend';
import { layoutPass } from './layoutPass.js';
import { ungroup } from './ungroup.js';

/** Composites that the layout pass knows whole. */
const kept: ReadonlySet<string> = new Set(['upsampleNearest', 'groupNorm', 'pixelShuffle', 'pixelUnshuffle']);

/** The graph as it will be lowered. `native` tells which ops have lowerings. */
export function prepare(graph: Graph, native: (name: string) => boolean): Graph {
  const keep = (op: Op) => native(op.name) || kept.has(op.name);
  const primitive = ungroup(simplify(expandComposites(graph, keep)));
  return simplify(layoutPass(primitive, native));
}
