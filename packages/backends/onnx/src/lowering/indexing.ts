import { type Shape, sizeOf, type Value } from '@spatiallock/core';
import type { Emitter } from '../emitter.js';
import { dataTypeOf } from '../messages.js';
import type { Lowering, LoweringTable } from './lowering.js';

const gather: Lowering = (_value, inputs, { emit }) => emit('Gather', inputs, { axis: 0 });

/** Tables up to this many rows are summed by a matrix product. */
const FEW_ROWS = 256;

/**
 * Sums rows with equal indices. Not by ScatterND: onnxruntime 1.30 adds from several threads at once there,
 * and loses updates where an index occurs twice.
 */
const scatterAdd: Lowering = (value, [updates, indices], emitter) => {
  const { emit, ints } = emitter;
  const [rows, ...rest] = value.shape as [number, ...number[]];
  const count = sizeOf((value.inputs[1] as Value).shape);
  const width = sizeOf(rest);
  const flat = emit('Reshape', [updates!, ints([count, width])]);
  const few = rows <= FEW_ROWS && value.dtype !== 'int32';
  const table = few
    ? emit('MatMul', [oneHot(indices!, rows, count, emitter), flat])
    : scatterElements(value, flat, indices!, [count, width], emitter);
  return emit('Reshape', [table, ints(value.shape)]);
};

/** [rows, count], 1 where the index of the column names the row. */
function oneHot(indices: string, rows: number, count: number, { emit, ints, constant }: Emitter): string {
  const numbers = constant({
    dtype: 'int32',
    shape: [rows, 1],
    data: Int32Array.from({ length: rows }, (_, i) => i),
  });
  const hit = emit('Equal', [numbers, emit('Reshape', [indices, ints([1, count])])]);
  return emit('Cast', [hit], { to: dataTypeOf('float32') });
}

function scatterElements(
  { dtype, shape }: Value,
  updates: string,
  indices: string,
  [count, width]: readonly [number, number],
  { emit, ints, constant }: Emitter,
): string {
  const table: Shape = [shape[0]!, width];
  const size = sizeOf(table);
  const data = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  const zeros = constant({ dtype: dtype === 'int32' ? dtype : 'float32', shape: table, data });
  const column = emit('Reshape', [indices, ints([count, 1])]);
  return emit('ScatterElements', [zeros, emit('Expand', [column, ints([count, width])]), updates], {
    axis: 0,
    reduction: 'add',
  });
}

export const indexing: LoweringTable = { gather, scatterAdd };
