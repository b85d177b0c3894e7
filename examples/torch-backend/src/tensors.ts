import { type Shape, sizeOf, type Tensor, type TensorData, type Value } from '@spatiallock/core';
import { float32ToFloat16 } from '@spatiallock/core/io';

/** The tensors that lie one after another in an answer, under the shapes and dtypes of `values`. */
export function tensorsOf(payload: Uint8Array<ArrayBuffer>, values: readonly Value[]): Tensor[] {
  let at = 0;
  return values.map(({ dtype, shape }) => {
    const bytes = sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
    // Its own memory: a view of the answer would keep all of it, and might begin between two numbers.
    const own = payload.slice(at, at + bytes).buffer;
    at += bytes;
    return { dtype, shape, data: dataOf(own, dtype) } satisfies {
      dtype: Tensor['dtype'];
      shape: Shape;
      data: TensorData;
    };
  });
}

function dataOf(bytes: ArrayBuffer, dtype: Tensor['dtype']): TensorData {
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes);
    case 'float16':
      return float32ToFloat16(new Float32Array(bytes));
    case 'int32':
      return new Int32Array(bytes);
    case 'bool':
      return new Uint8Array(bytes);
  }
}
