import { checkObject } from '../checks/index.js';
import type { Tensor, Tensors } from '../graph/tensor.js';
import { checkTensor } from '../graph/value.js';
import { isFiniteData } from './finite.js';
import { float32ToFloat16 } from './float16.js';

/**
 * The tensors with float32 turned into half precision, other types as they are. Throws an error that names the tensor
 * where a number is not finite or beyond half precision's 65504.
 */
export function halfPrecision(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(checkObject(tensors, 'tensors')).map(([name, given]) => [name, halved(name, given)]),
  );
}

/** The bits of float32 numbers as halves; undefined where one is not finite or beyond half precision's 65504. */
export function halvesOf(numbers: Float32Array): Uint16Array | undefined {
  const bits = float32ToFloat16(numbers);
  return isFiniteData(bits) ? bits : undefined;
}

function halved(name: string, given: unknown): Tensor {
  checkTensor(given, `tensors: ${name}`);
  const { dtype, shape, data } = given as Tensor;
  if (!(data instanceof Float32Array)) return { dtype, shape, data };
  const bits = halvesOf(data);
  if (bits) return { dtype: 'float16', shape, data: bits };
  throw new Error(
    `${name} holds a number that half precision cannot (at most 65504 in size, and finite); write it in float32`,
  );
}
