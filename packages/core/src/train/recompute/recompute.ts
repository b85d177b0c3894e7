// Recomputation of activations (Chen et al., arXiv 1604.06174) as a pass over a training graph.

import { checkKeys, showValue } from '../../checks/index.js';
import { peakBytes } from '../../graph/memory.js';
import { expandComposites } from '../../graph/rewrite.js';
import { simplify } from '../../graph/simplify.js';
import type { Graph } from '../../graph/value.js';
import { recomputing } from './recomputing.js';

/** What `recompute` is to keep to. */
export interface RecomputeOptions {
  /** The most bytes that computed values may take at one time, as `peakBytes` counts them. */
  readonly budget: number;
  /** The output that the gradients are of; default `loss`. */
  readonly loss?: string;
}

/** Numbers of segments that are tried, in this order. */
const COUNTS = [2, 4, 8, 16, 32, 64, 128];

/**
 * The same training step in less memory: the forward pass is cut into segments, and of all but the last one only what later
 * segments read waits for the backward pass, which computes the rest again. Numbers stay the same (but for the sign of a
 * zero) where the runtime computes equal nodes alike. The graph itself where it keeps to the budget; else the fewest
 * segments that do. Throws where the budget is no positive number, where the graph has no such output, and, with the least
 * number of bytes that was reached, where no number of segments keeps to the budget.
 */
export function recompute(graph: Graph, options: RecomputeOptions): Graph {
  checkKeys(options, ['budget', 'loss'], 'recompute');
  const { budget, loss: name = 'loss' } = options;
  if (!(typeof budget === 'number' && budget > 0)) {
    throw new Error(`recompute: budget must be a number of bytes above 0, not ${showValue(budget)}`);
  }
  const loss = Object.hasOwn(graph.outputs, name) ? graph.outputs[name] : undefined;
  if (!loss) throw new Error(`recompute: the graph has no output ${showValue(name)}`);
  let least = bytesNeeded(graph);
  if (least <= budget) return graph;
  for (const candidate of recomputing(graph, loss, COUNTS)) {
    const bytes = bytesNeeded(candidate);
    if (bytes <= budget) return candidate;
    least = Math.min(least, bytes);
  }
  throw new Error(
    `recompute: this step needs at least ${inMiB(least)} MiB for its values, the budget is ${inMiB(budget)} MiB; ` +
      'give more, or a smaller batch',
  );
}

/** As runtimes hold it that share what the expansions of a composite and of its gradient have in common. */
const bytesNeeded = (graph: Graph): number => peakBytes(simplify(expandComposites(graph)));

const inMiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 0);
