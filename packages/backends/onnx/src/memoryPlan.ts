// How a graph is compiled to fit in memory, by its size.

import { type Graph, sizeOf } from '@spatiallock/core';
import { peakBytes } from '@spatiallock/core/backend';

export interface MemoryPlan {
  /** Values and copies are freed as early as possible, at the cost of time. */
  readonly lowMemory: boolean;
  /**
   * Products with the transpose of a weight are fused with it, so that no transposed copy is kept. This changes the order of
   * summation, so small networks are left alone: their numbers stay the same to the last bit.
   */
  readonly fusesTransposes: boolean;
}

/** From this many bytes of weights, or of a training step's values, memory matters more than time. */
const MUCH_MEMORY = 2 ** 30;

/** `asked`: whether the caller asks for low memory; large training steps get it in any case. */
export function memoryPlan(graph: Graph, asked: boolean): MemoryPlan {
  const lowMemory = asked || (graph.updates !== undefined && peakBytes(graph) >= MUCH_MEMORY);
  return { lowMemory, fusesTransposes: lowMemory || weightBytes(graph) >= MUCH_MEMORY };
}

/** The bytes of all parameters in float32, whatever their stored precision. */
const weightBytes = ({ params }: Graph): number =>
  Object.values(params).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
