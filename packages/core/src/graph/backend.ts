// What core asks of a runtime. Implementations live in packages/backends.

import type { AbortSignalLike } from '../abort.js';
import { checkMethods } from '../checks/index.js';
import type { Tensors } from './tensor.js';
import type { Graph } from './value.js';

/** Options of `Backend.compile`. */
export interface CompileOptions {
  readonly signal?: AbortSignalLike;
  /**
   * Keeps less memory between runs and takes more time for each: for graphs that run now and then beside others. Backends
   * may ignore it. Default false.
   */
  readonly lowMemory?: boolean;
  /**
   * Names of parameters that the executable may write over and free, for the caller reads them no more: the numbers that a training
   * begins with then take no memory beside the present ones. Backends may ignore it. Default none.
   */
  readonly transferParams?: readonly string[];
}

/** In what products and convolutions are computed; everything else is float32. */
export type ComputePrecision = 'float32' | 'half';

/** Compiles graphs for one device. */
export interface Backend {
  readonly name: string;
  /** Default 'float32'. */
  readonly precision?: ComputePrecision;
  /**
   * Compiles a graph whose parameters have these values. Rejects where one is missing or of another shape, with a
   * `DeviceError` where the device fails.
   */
  compile(graph: Graph, params: Tensors, options?: CompileOptions): Promise<Executable>;
  /** Frees the device and everything compiled on it. */
  dispose(): Promise<void>;
}

/**
 * A compiled graph. Without `updates`, parameters are constants; with them, every `run` also moves the
 * parameters on, and `readParams` fetches their present values.
 */
export interface Executable {
  /**
   * Runs the graph. `inputs` holds a tensor for each of its inputs, of the declared shape; resolves to its outputs by
   * name.
   */
  run(inputs: Tensors): Promise<Tensors>;
  /** The parameters as they are now: updates of a training graph change them. */
  readParams(): Promise<Tensors>;
  /**
   * Calls `use` with the parameters as they are now, and runs nothing until it has ended; then their numbers may change. Spares the
   * copy of `readParams` where parameters are moved in place. `use` must not call the executable. Absent where it spares nothing.
   */
  withParams?<T>(use: (params: Tensors) => Promise<T>): Promise<T>;
  /** Frees what was compiled; the backend stays. */
  dispose(): Promise<void>;
}

/** Throws an error that begins with `path` unless graphs can be compiled with it. */
export function checkBackend(given: unknown, path = 'backend'): void {
  checkMethods(given, ['compile'], path, 'a backend, such as referenceBackend() or one of a backend package');
}
