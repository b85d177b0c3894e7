// Core's tensors to and from a device. Half precision is kept in float32 there.

import type { DType, Tensor, Value } from '@spatiallock/core';
import { float16ToFloat32, float32ToFloat16 } from '@spatiallock/core/io';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.js';

export const deviceType = (dtype: DType): 'float32' | 'int32' | 'bool' =>
  dtype === 'float16' ? 'float32' : dtype;

/** Puts numbers on the device. It may keep the array itself: pass a copy where the caller can write on. */
export function upload({ storage }: Device, { dtype, shape, data }: Tensor): TensorInfo {
  const numbers = data instanceof Uint16Array ? float16ToFloat32(data) : data;
  const type = deviceType(dtype);
  return { dataId: storage.write(numbers, [...shape], type), shape: [...shape], dtype: type };
}

export function copyOf({ dtype, shape, data }: Tensor): Tensor {
  return { dtype, shape, data: data.slice() };
}

/** Fetches numbers as the graph says they are. */
export async function download(device: Device, { dataId }: TensorInfo, value: Value): Promise<Tensor> {
  const { dtype, shape } = value;
  const read = (await device.storage.read(dataId)) as Float32Array | Int32Array | Uint8Array;
  const data = device.sharesMemory ? read.slice() : read;
  if (dtype === 'float16') return { dtype, shape, data: float32ToFloat16(Float32Array.from(data)) };
  if (dtype === 'int32')
    return { dtype, shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
  if (dtype === 'bool')
    return { dtype, shape, data: data instanceof Uint8Array ? data : Uint8Array.from(data) };
  return { dtype, shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}
