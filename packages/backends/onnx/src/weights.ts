// Parameters of an inference graph: constants of the model whose numbers stay outside its protobuf, which may
// not exceed 2 GB, in memory that is shared with the runtime or in a checkpoint's file.

import {
  type FilePlace,
  type Shape,
  sizeOf,
  type Tensor,
  type Tensors,
  type Value,
  type Values,
} from '@spatiallock/core';
import type { InferenceSession } from 'onnxruntime-common';
import type { TensorProto, TensorProto_DataType } from './gen/onnx_pb.js';
import { bytesOf, dataTypeOf, externalTensorProto, tensorProto } from './messages.js';
import { runtimeData } from './tensors.js';

/** What is smaller lies in the model itself. */
const INLINE_BYTES = 1024;

/**
 * The folder whose files hold all of these parameters but small ones; else undefined. A session takes what lies outside
 * of its model from files or from memory, never from both.
 */
export function folderOf(wanted: Values, params: Tensors): string | undefined {
  const folders = new Set<string | undefined>();
  for (const [name, { shape }] of Object.entries(wanted)) {
    if (4 * sizeOf(shape) <= INLINE_BYTES) continue;
    const place = placeOf(shape, params[name]!);
    folders.add(place && split(place.path).folder);
  }
  const [folder] = folders;
  return folders.size === 1 ? folder : undefined;
}

/** Where the runtime is to read a parameter itself. */
function placeOf(shape: Shape, { dtype, place }: Tensor): FilePlace | undefined {
  const length = 4 * sizeOf(shape);
  return dtype === 'float32' && place?.length === length && length > INLINE_BYTES ? place : undefined;
}

/**
 * Initialisers for `params`, and the buffers that hold the numbers of those that do not lie in a file of `folder`:
 * a session takes files from one folder only.
 */
export function constantParameters(params: Tensors, folder: string | undefined) {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const initializer = (name: string, { dtype, shape }: Value): TensorProto => {
    const [label, type] = [`param:${name}`, dataTypeOf(dtype)];
    const place = dtype === 'float32' ? placeOf(shape, params[name]!) : undefined;
    if (place && split(place.path).folder === folder) {
      const { offset, length } = place;
      return externalTensorProto(label, type, shape, { path: split(place.path).name, offset, length });
    }
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

/** Tells the runtime in which folder the files are: it takes no paths that lead out of one. */
export function folderOptions(
  options: InferenceSession.SessionOptions,
  folder: string | undefined,
): InferenceSession.SessionOptions {
  if (folder === undefined) return options;
  const extra = (options.extra ?? {}) as { readonly session?: Record<string, unknown> };
  const place = { model_external_initializers_file_folder_path: folder };
  return { ...options, extra: { ...extra, session: { ...extra.session, ...place } } };
}

function split(path: string): { folder: string; name: string } {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return { folder: at < 0 ? '.' : path.slice(0, at + 1), name: path.slice(at + 1) };
}
