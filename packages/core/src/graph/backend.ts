// What core asks of a runtime. Implementations live in packages/backends.

import type { AbortSignalLike } from '../abort.js';
import type { Tensors } from './tensor.js';
import type { Graph } from './value.js';

/** Options of `Backend.compile`. */
export interface CompileOptions {
  readonly signal?: AbortSignalLike;
}

/** Compiles graphs for one device. */
export interface Backend {
  readonly name: string;
  compile(graph: Graph, params: Tensors, options?: CompileOptions): Promise<Executable>;
  dispose(): Promise<void>;
}

/**
 * A compiled graph. Without `updates`, parameters are constants; with them, every `run` also moves the
 * parameters on, and `readParams` fetches their present values.
 */
export interface Executable {
  run(inputs: Tensors): Promise<Tensors>;
  readParams(): Promise<Tensors>;
  dispose(): Promise<void>;
}
