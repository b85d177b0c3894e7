// Core's tensors to and from those of onnxruntime-common.

import type { DType, Tensor, Value } from '@spatiallock/core';
import { float16ToFloat32, float32ToFloat16 } from '@spatiallock/core/io';
import type * as Ort from 'onnxruntime-common';

export type OrtTensor = Ort.Tensor;
/** The part of an ONNX Runtime package that we use; onnxruntime-node and onnxruntime-web both fit. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

/** Numbers as the runtime takes them: halves become float32, everything else is passed on without a copy. */
export function runtimeData({ dtype, data }: Tensor): Float32Array | Int32Array | Uint8Array {
  if (data instanceof Uint16Array) return float16ToFloat32(data);
  if (dtype === 'float16') throw new Error('a float16 tensor holds its bits in a Uint16Array');
  return data;
}

const runtimeType = (dtype: DType): 'float32' | 'int32' | 'bool' => (dtype === 'float16' ? 'float32' : dtype);

export function toOrt(ort: OrtModule, tensor: Tensor): OrtTensor {
  return new ort.Tensor(runtimeType(tensor.dtype), runtimeData(tensor), tensor.shape);
}

export function fromOrt(tensor: OrtTensor, { dtype, shape }: Value): Tensor {
  const data = tensor.data as Float32Array | Int32Array | Uint8Array;
  return { dtype, shape, data: dtype === 'float16' ? float32ToFloat16(data as Float32Array) : data };
}
