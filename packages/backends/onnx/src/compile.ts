// Graph -> model bytes -> session. The runtime is handed in, so that every device shares this.

import type { CompileOptions, Executable, Graph, Tensors } from '@spatiallock/core';
import type { InferenceSession } from 'onnxruntime-common';
import { buildModel } from './build.js';
import type { Target } from './emitter.js';
import { executable } from './executable.js';
import { checkTensors, type OrtModule } from './tensors.js';
import { checkWeightsFile, constantParameters, folderOptions, type WeightsFile } from './weights.js';

export interface OnnxCompileOptions extends CompileOptions {
  /**
   * A file that holds parameters as the graph wants them. The runtime reads those itself: they need not be in
   * `params`, and no second copy is made. Training graphs feed their parameters, and so ignore it.
   */
  readonly weights?: WeightsFile;
}

/** A runtime with the settings of one device. */
export interface Runtime {
  readonly ort: OrtModule;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly target?: Target;
}

/**
 * Compiles a graph for a runtime. Throws if a parameter is missing or has another shape or dtype than its
 * value, if the graph holds an op without a lowering, or if the runtime refuses the model.
 */
export async function compileGraph(
  { ort, sessionOptions, target }: Runtime,
  graph: Graph,
  params: Tensors,
  { weights, signal }: OnnxCompileOptions = {},
): Promise<Executable> {
  signal?.throwIfAborted();
  const file = graph.updates ? undefined : weights;
  if (file) checkWeightsFile(file, graph.params);
  const given = Object.entries(graph.params).filter(([name]) => !(file && name in file.entries));
  checkTensors('params', Object.fromEntries(given), params);
  const { initializer, externalData } = constantParameters(params, file);
  const built = buildModel(graph, initializer, target);
  signal?.throwIfAborted();
  const session = await ort.InferenceSession.create(built.bytes, {
    ...folderOptions(sessionOptions, file),
    ...(externalData.length > 0 ? { externalData } : {}),
  });
  return executable({ ort, session, graph, params, inputs: built.inputs, fedParams: built.fedParams });
}
