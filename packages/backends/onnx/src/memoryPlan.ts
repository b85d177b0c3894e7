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

/** From this many bytes of weights on, memory matters more than time. */
const MUCH_MEMORY = 2 ** 30;

/** What WebAssembly can address, where a device does not tell its memory. */
const DEFAULT_MEMORY = 2 ** 32;

/**
 * The share of the memory that parameters and values of a training step may take: the runtime copies parameters as it
 * packs them, and its arena may grow to twice of what it holds.
 */
const TRAINING_SHARE = 1 / 4;

/**
 * `asked`: whether the caller asks for low memory; training steps that are large for `memory`, the bytes of the device, get it in
 * any case. It costs them up to half of their speed, for fresh memory of the system comes page by page.
 */
export function memoryPlan(graph: Graph, asked: boolean, memory = DEFAULT_MEMORY): MemoryPlan {
  const large =
    graph.updates !== undefined && weightBytes(graph) + peakBytes(graph) >= TRAINING_SHARE * memory;
  const lowMemory = asked || large;
  return { lowMemory, fusesTransposes: lowMemory || weightBytes(graph) >= MUCH_MEMORY };
}

/** The bytes of all parameters in float32, whatever their stored precision. */
const weightBytes = ({ params }: Graph): number =>
  Object.values(params).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
