// Weight averaging: two sets of weights that were trained from one start, in the middle between them.

import { type Tensors, tensor } from '@spatiallock/core';

/**
 * The mean of two networks' float32 weights (model soups, arXiv 2203.05482): where both lie in one valley it keeps
 * what they share, and less of what each run learnt for itself. Throws where their names or shapes differ.
 */
export function averageWeights(first: Tensors, second: Tensors): Tensors {
  const extra = Object.keys(second).find((name) => !Object.hasOwn(first, name));
  if (extra !== undefined)
    throw new Error(`${extra}: only the second model has it; both must be of one network`);
  return Object.fromEntries(
    Object.entries(first).map(([name, { data, shape }]) => {
      const other = second[name];
      if (!other) throw new Error(`${name}: only the first model has it; both must be of one network`);
      if (String(other.shape) !== String(shape)) {
        throw new Error(
          `${name}: has shape [${shape}] in the first model and [${other.shape}] in the second`,
        );
      }
      const values = Float32Array.from(data, (value, i) => (Number(value) + Number(other.data[i])) / 2);
      return [name, tensor(values, shape)];
    }),
  );
}
