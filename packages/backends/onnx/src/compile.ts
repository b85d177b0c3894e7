// Graph -> model bytes -> session. The runtime is handed in, so that every device shares this.

import type { CompileOptions, Executable, Graph, Tensors, Value } from '@spatiallock/core';
import type { InferenceSession } from 'onnxruntime-common';
import { buildModel } from './build.js';
import type { Target } from './emitter.js';
import { executable } from './executable.js';
import type { TensorProto } from './gen/onnx_pb.js';
import { bytesOf, dataTypeOf, externalTensorProto, tensorProto } from './messages.js';
import { checkTensors, type OrtModule, runtimeData } from './tensors.js';

/** Where a checkpoint on disk keeps each parameter: bytes from the start of the file. */
export interface WeightsFile {
  readonly path: string;
  readonly entries: Readonly<Record<string, { readonly offset: number; readonly length: number }>>;
}

export interface OnnxCompileOptions extends CompileOptions {
  /**
   * A safetensors (or other raw) file that holds parameters as the graph wants them: float32, row-major.
   * The runtime maps those from the file; they need not be in `params`.
   */
  readonly weights?: WeightsFile;
}

/** Numbers beyond this stay outside the model's protobuf, which may not exceed 2 GB. */
const INLINE_BYTES = 1024;
const PARAMETERS = 'parameters.bin';

/** A runtime with the settings of one device. */
export interface Runtime {
  readonly ort: OrtModule;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly target?: Target;
}

/** Compiles a graph for a runtime. Throws if a parameter is missing or has another shape than its value. */
export async function compileGraph(
  { ort, sessionOptions, target }: Runtime,
  graph: Graph,
  params: Tensors,
  { weights, signal }: OnnxCompileOptions = {},
): Promise<Executable> {
  signal?.throwIfAborted();
  const onDisk = graph.updates ? {} : (weights?.entries ?? {});
  const wanted = Object.entries(graph.params).filter(([name]) => !(name in onDisk));
  checkTensors('params', Object.fromEntries(wanted), params);
  const buffers: { path: string; data: Uint8Array }[] = [];

  const initializer = (name: string, value: Value): TensorProto => {
    const type = dataTypeOf(value.dtype);
    const entry = onDisk[name];
    const label = `param:${name}`;
    if (entry && weights) return externalTensorProto(label, type, value.shape, { path: weights.path, ...entry });
    const bytes = bytesOf(runtimeData(params[name]!));
    if (bytes.length <= INLINE_BYTES) return tensorProto(label, type, value.shape, bytes);
    const path = `${PARAMETERS}.${buffers.length}`;
    buffers.push({ path, data: bytes });
    return externalTensorProto(label, type, value.shape, { path, offset: 0, length: bytes.length });
  };

  const built = buildModel(graph, initializer, target);
  signal?.throwIfAborted();
  const session = await ort.InferenceSession.create(built.bytes, {
    ...sessionOptions,
    ...(buffers.length > 0 ? { externalData: buffers } : {}),
  });
  return executable({ ort, session, graph, params, inputs: built.inputs, fedParams: built.fedParams });
}
