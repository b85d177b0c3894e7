// Core's tensors to and from those of onnxruntime-common.

import {
  type DType,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
  type Tensors,
  type Value,
  type Values,
} from '@spatiallock/core';
import type * as Ort from 'onnxruntime-common';
import { floatsToHalves, halvesToFloats } from './half.js';

export type OrtTensor = Ort.Tensor;
/** The part of an ONNX Runtime package that we use; onnxruntime-node and onnxruntime-web both fit. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

/** Numbers as the runtime takes them: halves become float32, everything else is passed on without a copy. */
export function runtimeData({ dtype, data }: Tensor): Float32Array | Int32Array | Uint8Array {
  if (data instanceof Uint16Array) return halvesToFloats(data);
  if (dtype === 'float16') throw new Error('a float16 tensor holds its bits in a Uint16Array');
  return data;
}

const runtimeType = (dtype: DType): 'float32' | 'int32' | 'bool' => (dtype === 'float16' ? 'float32' : dtype);

export function toOrt(ort: OrtModule, tensor: Tensor): OrtTensor {
  return new ort.Tensor(runtimeType(tensor.dtype), runtimeData(tensor), tensor.shape);
}

export function fromOrt(tensor: OrtTensor, { dtype, shape }: Value): Tensor {
  const data = tensor.data as Float32Array | Int32Array | Uint8Array;
  return { dtype, shape, data: dtype === 'float16' ? floatsToHalves(data as Float32Array) : data };
}

/** Throws unless every value is given, in its dtype and shape. `float32` and `float16` stand for each other. */
export function checkTensors(kind: 'inputs' | 'params', wanted: Values, given: Tensors): void {
  for (const [name, value] of Object.entries(wanted)) {
    const tensor = given[name];
    if (!tensor) throw new Error(`${kind}.${name}: missing; give ${shapeText(value)}`);
    const sameType = runtimeType(tensor.dtype) === runtimeType(value.dtype);
    if (!sameType || !sameShape(tensor.shape, value.shape)) {
      throw new Error(`${kind}.${name}: is ${shapeText(tensor)} but must be ${shapeText(value)}`);
    }
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new Error(`${kind}.${name}: ${tensor.data.length} numbers do not fill ${shapeText(tensor)}`);
    }
  }
}

function shapeText({ dtype, shape }: { readonly dtype: DType; readonly shape: Shape }): string {
  return `${dtype}[${shape.join(', ')}]`;
}
