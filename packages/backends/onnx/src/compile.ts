// Graph -> model bytes -> session. The runtime is handed in, so that every device shares this.

import type { CompileOptions, Executable, Graph, Tensors } from '@spatiallock/core';
import { checkTensors } from '@spatiallock/core/backend';
import type { InferenceSession } from 'onnxruntime-common';
import { buildModel } from './build.js';
import type { Target } from './emitter.js';
import { executable } from './executable.js';
import type { OrtModule } from './tensors.js';
import { constantParameters, folderOf, folderOptions } from './weights.js';

/** A runtime with the settings of one device. */
export interface Runtime {
  readonly ort: OrtModule;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly target?: Target;
  /** What every call of the runtime goes through: where it must, one at a time and watched for a lost device. */
  readonly guard?: <T>(task: () => Promise<T>) => Promise<T>;
  /** Gives the device back. */
  close?(): void;
}

const unguarded = <T>(task: () => Promise<T>): Promise<T> => task();

/**
 * Compiles a graph for a runtime. Throws if a parameter is missing or has another shape or dtype than its
 * value, if the graph holds an op without a lowering, or if the runtime refuses the model. What an inference graph's
 * parameters hold on a disk (`place`) the runtime reads itself: no second copy is made. Training feeds its parameters.
 */
export async function compileGraph(
  { ort, sessionOptions, target, guard = unguarded }: Runtime,
  graph: Graph,
  params: Tensors,
  { signal }: CompileOptions = {},
): Promise<Executable> {
  signal?.throwIfAborted();
  checkTensors('params', graph.params, params);
  const folder = graph.updates ? undefined : folderOf(graph.params, params);
  const { initializer, externalData } = constantParameters(params, folder);
  const built = buildModel(graph, initializer, target);
  signal?.throwIfAborted();
  const { inputs, fedParams } = built;
  const session = await guard(() =>
    ort.InferenceSession.create(built.bytes, {
      ...folderOptions(sessionOptions, folder),
      ...(externalData.length > 0 ? { externalData } : {}),
    }),
  );
  return executable({ ort, session, guard, graph, params, inputs, fedParams });
}
