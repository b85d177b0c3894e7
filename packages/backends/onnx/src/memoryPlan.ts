// What is done to keep to the memory of the machine, by the size of a graph.

import { type Graph, sizeOf } from '@spatiallock/core';
import { peakBytes } from '@spatiallock/core/backend';

export interface MemoryPlan {
  /** Nothing is kept that is not needed at the moment, at the cost of time. */
  readonly lowMemory: boolean;
  /**
   * Products with the transpose of a weight read the weight as it lies. Sums then run in another order: small networks keep the
   * numbers that they always had, to the last bit.
   */
  readonly fusesTransposes: boolean;
}

/** Bytes of weights, or of a training step's values, from which on memory counts more than time. */
const MUCH_MEMORY = 2 ** 30;

/** `asked`: whether the caller wants low memory, which large steps of training are given anyway. */
export function memoryPlan(graph: Graph, asked: boolean): MemoryPlan {
  const lowMemory = asked || (graph.updates !== undefined && peakBytes(graph) >= MUCH_MEMORY);
  return { lowMemory, fusesTransposes: lowMemory || weightBytes(graph) >= MUCH_MEMORY };
}

/** Of all parameters in float32, however they are stored. */
const weightBytes = ({ params }: Graph): number =>
  Object.values(params).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
