// A detector that learns more labels goes on from one that knows fewer.

import { type Tensor, type Tensors, tensor } from '@spatiallock/core';

export interface LabelChange {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Shapes of the parameters that learn. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/**
 * Weights for the labels `to` made of weights for the labels `from`. Where a parameter has a row for each label, labels of
 * both keep their row, new ones begin with the mean of all, and rows behind the labels ("no object") stay. Throws where a
 * parameter differs in anything but its number of rows.
 */
export function forLabels(weights: Tensors, { from, to, shapes }: LabelChange): Tensors {
  return Object.fromEntries(
    Object.entries(weights).map(([name, given]) => {
      const shape = shapes[name] ?? given.shape;
      const same = shape.length === given.shape.length && shape.every((side, k) => side === given.shape[k]);
      return [name, same ? given : moreRows(name, given, shape, { from, to })];
    }),
  );
}

function moreRows(
  name: string,
  { data, shape: before }: Tensor,
  shape: readonly number[],
  { from, to }: Pick<LabelChange, 'from' | 'to'>,
): Tensor {
  const length = before.slice(1).reduce((product, side) => product * side, 1);
  const behind = before[0]! - from.length;
  const fits = shape[0] === to.length + behind && String(shape.slice(1)) === String(before.slice(1));
  if (behind < 0 || !fits) {
    throw new Error(`${name}: has the shape [${before.join(', ')}], needs [${shape.join(', ')}]`);
  }
  const row = (k: number) => Array.from({ length }, (_, i) => Number(data[k * length + i]));
  const rows = from.map((_, k) => row(k));
  const mean = Array.from({ length }, (_, i) => rows.reduce((sum, each) => sum + each[i]!, 0) / rows.length);
  const ofLabels = to.map((label) => rows[from.indexOf(label)] ?? mean);
  const rest = Array.from({ length: behind }, (_, k) => row(from.length + k));
  return tensor(Float32Array.from([...ofLabels, ...rest].flat()), shape);
}
