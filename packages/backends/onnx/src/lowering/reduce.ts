import { type ArgMaxAttrs, attrsOf, type ReduceAttrs } from '@spatiallock/core/backend';
import { dataTypeOf } from '../messages.js';
import type { Lowering, LoweringTable } from './lowering.js';

const reduction =
  (opType: string): Lowering =>
  (value, [x], { emit, ints }) => {
    const { axes, keepDims } = attrsOf<ReduceAttrs>(value);
    return emit(opType, [x!, ints(axes)], { keepdims: keepDims ? 1 : 0 });
  };

const argMax: Lowering = (value, inputs, { emit }) => {
  const index = emit('ArgMax', inputs, { axis: attrsOf<ArgMaxAttrs>(value).axis, keepdims: 0 });
  return emit('Cast', [index], { to: dataTypeOf('int32') });
};

export const reduce: LoweringTable = { sum: reduction('ReduceSum'), max: reduction('ReduceMax'), argMax };
