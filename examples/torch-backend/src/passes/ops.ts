// Ops of this backend's own passes. Each has an expansion, so that any backend can run what a pass made.

import { concat, reshape, sameShape, sliceAxis, type Value } from '@spatiallock/core';
import { attrsOf, node, type Op } from '@spatiallock/core/backend';

export interface SelectAttrs {
  readonly index: number;
}

/** Values of one shape along a new first axis. */
export const stackOp: Op = {
  name: 'stack',
  infer: ([first, ...rest]) => {
    const { shape, dtype } = first!;
    const alike = rest.every((x) => sameShape(x.shape, shape) && x.dtype === dtype);
    if (!alike) throw new Error('shapes and dtypes must agree');
    return { shape: [rest.length + 1, ...shape], dtype };
  },
  expand: ({ inputs }) =>
    concat(
      inputs.map((x) => reshape(x, [1, ...x.shape])),
      0,
    ),
};

/** One of a stack. */
export const selectOp: Op = {
  name: 'select',
  infer: ([x]) => ({ shape: x!.shape.slice(1), dtype: x!.dtype }),
  expand: (y) => {
    const { index } = attrsOf<SelectAttrs>(y);
    return reshape(sliceAxis(y.inputs[0]!, 0, index, index + 1), y.shape);
  },
};

export const select = (x: Value, index: number): Value => node(selectOp, [x], { index });

/** Stacks values; those selected from one stack, all of them in their order, are that stack. */
export function stack(values: readonly Value[]): Value {
  const whole = values[0]!.op === selectOp ? values[0]!.inputs[0]! : undefined;
  return whole && isWhole(whole, values) ? whole : node(stackOp, values);
}

/** Whether `parts` are all that `whole` holds, in its order. */
export function isWhole(whole: Value, parts: readonly Value[]): boolean {
  return (
    parts.length === whole.shape[0] &&
    parts.every((x, i) => x.op === selectOp && x.inputs[0] === whole && attrsOf<SelectAttrs>(x).index === i)
  );
}
