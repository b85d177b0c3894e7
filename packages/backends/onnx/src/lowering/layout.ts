import { range } from '@spatiallock/core';
import {
  attrsOf,
  type ConcatAttrs,
  type PadAttrs,
  type ShapeAttrs,
  type SliceAttrs,
  type TransposeAttrs,
} from '@spatiallock/core/backend';
import type { Lowering, LoweringTable } from './lowering.js';

const reshape: Lowering = (value, [x], { emit, ints }) =>
  emit('Reshape', [x!, ints(attrsOf<ShapeAttrs>(value).shape)], { allowzero: 1 });

const transpose: Lowering = (value, inputs, { emit }) =>
  emit('Transpose', inputs, { perm: attrsOf<TransposeAttrs>(value).perm });

const broadcastTo: Lowering = (value, [x], { emit, ints }) =>
  emit('Expand', [x!, ints(attrsOf<ShapeAttrs>(value).shape)]);

const concat: Lowering = (value, inputs, { emit }) =>
  emit('Concat', inputs, { axis: attrsOf<ConcatAttrs>(value).axis });

const slice: Lowering = (value, [x], { emit, ints }) => {
  const { starts, ends } = attrsOf<SliceAttrs>(value);
  const { shape } = value.inputs[0]!;
  const axes = range(shape.length).filter((i) => starts[i] !== 0 || ends[i] !== shape[i]);
  const pick = (values: readonly number[]) => ints(axes.map((i) => values[i]!));
  return emit('Slice', [x!, pick(starts), pick(ends), ints(axes)]);
};

const pad: Lowering = (value, [x], { emit, ints }) => {
  const { before, after } = attrsOf<PadAttrs>(value);
  return emit('Pad', [x!, ints([...before, ...after])]);
};

export const layout: LoweringTable = { reshape, transpose, broadcastTo, concat, slice, pad };
