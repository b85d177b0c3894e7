// Parameters of an inference graph: constants of the model whose numbers stay outside its protobuf, which may
// not exceed 2 GB, in memory that is shared with the runtime or in a checkpoint's file.

import { type Shape, sizeOf, type Tensors, type Value, type Values } from '@spatiallock/core';
import type { InferenceSession } from 'onnxruntime-common';
import type { TensorProto, TensorProto_DataType } from './gen/onnx_pb.js';
import { bytesOf, dataTypeOf, externalTensorProto, tensorProto } from './messages.js';
import { runtimeData } from './tensors.js';

/** Where a checkpoint keeps parameters: float32 numbers in row-major order, as in a safetensors file. */
export interface WeightsFile {
  readonly path: string;
  /** Bytes from the start of the file, by the name of the parameter; any alignment. */
  readonly entries: Readonly<Record<string, { readonly offset: number; readonly length: number }>>;
}

/** What is smaller lies in the model itself. */
const INLINE_BYTES = 1024;

/** Throws unless every entry holds as many bytes as its parameter takes. */
export function checkWeightsFile({ entries }: WeightsFile, params: Values): void {
  for (const [name, { offset, length }] of Object.entries(entries)) {
    const value = params[name];
    if (!value) continue;
    const bytes = 4 * sizeOf(value.shape);
    if (value.dtype !== 'float32' || length !== bytes || !(Number.isInteger(offset) && offset >= 0)) {
      const wanted = `${value.dtype}[${value.shape.join(', ')}], which takes ${bytes}`;
      throw new Error(
        `weights.entries.${name}: ${length} bytes from ${offset} do not hold ${wanted}; leave it out and give it in params`,
      );
    }
  }
}

/** Initialisers for `params`, and the buffers that hold their numbers. */
export function constantParameters(params: Tensors, file: WeightsFile | undefined) {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const initializer = (name: string, { dtype, shape }: Value): TensorProto => {
    const [label, type] = [`param:${name}`, dataTypeOf(dtype)];
    const entry = file?.entries[name];
    if (file && entry)
      return externalTensorProto(label, type, shape, { path: split(file.path).name, ...entry });
    return fromMemory(label, shape, type, bytesOf(runtimeData(params[name]!)));
  };
  const fromMemory = (
    label: string,
    shape: Shape,
    type: TensorProto_DataType,
    data: Uint8Array,
  ): TensorProto => {
    if (data.length <= INLINE_BYTES) return tensorProto(label, type, shape, data);
    const path = `parameter.${externalData.length}`;
    externalData.push({ path, data });
    return externalTensorProto(label, type, shape, { path, offset: 0, length: data.length });
  };
  return { initializer, externalData };
}

/** Tells the runtime in which folder the file is: it takes no paths that lead out of one. */
export function folderOptions(
  options: InferenceSession.SessionOptions,
  file: WeightsFile | undefined,
): InferenceSession.SessionOptions {
  if (!file) return options;
  const extra = (options.extra ?? {}) as { readonly session?: Record<string, unknown> };
  const folder = { model_external_initializers_file_folder_path: split(file.path).folder };
  return { ...options, extra: { ...extra, session: { ...extra.session, ...folder } } };
}

function split(path: string): { folder: string; name: string } {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return { folder: at < 0 ? '.' : path.slice(0, at + 1), name: path.slice(at + 1) };
}
