import { sizeOf, type Value } from '@spatiallock/core';
import { dataTypeOf } from '../messages.js';
import type { Lowering, LoweringTable } from './lowering.js';

const gather: Lowering = (_value, inputs, { emit }) => emit('Gather', inputs, { axis: 0 });

/** Zeros, into which ScatterND adds whole rows. */
const scatterAdd: Lowering = (value, [updates, indices], { emit, ints, constant }) => {
  const [rows, ...rest] = value.shape as [number, ...number[]];
  const lead = (value.inputs[1] as Value).shape;
  const column = emit('Reshape', [indices!, ints([...lead, 1])], { allowzero: 1 });
  const wide = emit('Cast', [column], { to: dataTypeOf('int64') });
  const zeros = constant({
    dtype: value.dtype,
    shape: [rows, ...rest],
    data: value.dtype === 'int32' ? new Int32Array(sizeOf(value.shape)) : new Float32Array(sizeOf(value.shape)),
  });
  return emit('ScatterND', [zeros, wide, updates!], { reduction: 'add' });
};

export const indexing: LoweringTable = { gather, scatterAdd };
