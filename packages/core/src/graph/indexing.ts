// Looking rows up by number, and its gradient.

import { node, type Op, type Value } from './value.js';

/** Attributes of scatter nodes. */
export interface ScatterAttrs {
  readonly rows: number;
}

/** Rows of a table: table [R, ...rest], indices int32 [...lead] -> [...lead, ...rest]. */
export const gatherOp: Op = {
  name: 'gather',
  infer: ([table, indices]) => {
    if (indices!.dtype !== 'int32') throw new Error(`indices must be int32, not ${indices!.dtype}`);
    if (table!.shape.length === 0) throw new Error('the table needs at least one axis');
    return { shape: [...indices!.shape, ...table!.shape.slice(1)], dtype: table!.dtype };
  },
  vjp: ({ inputs }, dy) => {
    const [table, indices] = inputs as [Value, Value];
    return [scatterAdd(dy, indices, table.shape[0]!), null];
  },
};

/** Adds rows into a table of zeros: the gradient of `gather`. */
export const scatterAddOp: Op = {
  name: 'scatterAdd',
  infer: ([updates, indices], attrs) => {
    const { rows } = attrs as unknown as ScatterAttrs;
    const lead = indices!.shape.length;
    if (indices!.dtype !== 'int32') throw new Error(`indices must be int32, not ${indices!.dtype}`);
    if (indices!.shape.some((n, i) => n !== updates!.shape[i])) {
      throw new Error('the leading axes of the updates must be those of the indices');
    }
    return { shape: [rows, ...updates!.shape.slice(lead)], dtype: updates!.dtype };
  },
  vjp: ({ inputs }, dy) => [gather(dy, inputs[1]!), null],
};

/** The rows of `table` [R, ...rest] that int32 `indices` [...lead] name, as [...lead, ...rest]. */
export const gather = (table: Value, indices: Value): Value => node(gatherOp, [table, indices]);

/** Sums `updates` [...lead, ...rest] into the rows that int32 `indices` [...lead] name, as [rows, ...rest]. */
export const scatterAdd = (updates: Value, indices: Value, rows: number): Value =>
  node(scatterAddOp, [updates, indices], { rows });
