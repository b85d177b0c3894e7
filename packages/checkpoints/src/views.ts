// Parts and sums of tensors that stay in their file as far as they can.

import { type FilePlace, sizeOf, type Tensor, type TensorData } from '@spatiallock/core';

/** Rows `from`..`from + count` of a tensor. */
export function rows(given: Tensor, from: number, count: number): Tensor {
  const { dtype, shape, place, stored } = given;
  const [all = 1, ...rest] = shape;
  const row = sizeOf(rest);
  const part = ({ offset, length, ...file }: FilePlace): FilePlace => ({
    ...file,
    offset: offset + (length / all) * from,
    length: (length / all) * count,
  });
  return {
    dtype,
    shape: [count, ...rest],
    ...(place ? { place: part(place) } : {}),
    ...(stored
      ? {
          stored: {
            dtype: stored.dtype,
            ...(stored.place ? { place: part(stored.place) } : {}),
            get data() {
              return stored.data.subarray(from * row, (from + count) * row);
            },
          },
        }
      : {}),
    get data() {
      return given.data.subarray(from * row, (from + count) * row);
    },
  };
}

/** Float32 rows below those of a tensor; read when they are asked for, and not kept. */
export function withRows(given: Tensor, more: readonly Float32Array[]): Tensor {
  const [count = 0, ...rest] = given.shape;
  let known: WeakRef<TensorData> | undefined;
  return {
    dtype: 'float32',
    shape: [count + more.length, ...rest],
    get data() {
      const data = known?.deref();
      if (data) return data;
      const base = given.data;
      const all = new Float32Array(base.length + more.length * sizeOf(rest));
      all.set(base);
      more.forEach((row, i) => {
        all.set(row, base.length + i * row.length);
      });
      known = new WeakRef(all);
      return all;
    },
  };
}
