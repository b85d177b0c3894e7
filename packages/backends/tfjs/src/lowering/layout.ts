import type { Value } from '@spatiallock/core';
import {
  attrsOf,
  type ConcatAttrs,
  type PadAttrs,
  type SliceAttrs,
  type TransposeAttrs,
} from '@spatiallock/core/backend';
import { broadcaster } from './broadcast.js';
import { converter } from './convert.js';
import type { Lowering, LoweringTable } from './lowering.js';

const reshape: Lowering = (value, { kernel }) => {
  const call = kernel('Reshape');
  const shape = [...value.shape];
  return ([x]) => call({ x: x! }, { shape });
};

/** Moving axes of length 1 moves no numbers. */
const transpose: Lowering = (value, setup) => {
  const { perm } = attrsOf<TransposeAttrs>(value);
  const { shape } = value.inputs[0] as Value;
  const real = perm.filter((axis) => shape[axis] !== 1);
  if (real.every((axis, i) => i === 0 || axis > real[i - 1]!)) return reshape(value, setup);
  const call = setup.kernel('Transpose');
  const { dtype } = value;
  if (dtype !== 'bool' && !(dtype === 'int32' && setup.castsLazily)) {
    return ([x]) => call({ x: x! }, { perm: [...perm] });
  }
  const [toFloat, back] = [converter(dtype, 'float32', setup), converter('float32', dtype, setup)];
  return ([x]) => back(call({ x: toFloat(x!) }, { perm: [...perm] }));
};

const broadcastTo: Lowering = (value, setup) => {
  const spread = broadcaster((value.inputs[0] as Value).shape, value.shape, setup);
  return ([x]) => spread(x!);
};

const concat: Lowering = (value, { kernel }) => {
  const call = kernel('Concat');
  const { axis } = attrsOf<ConcatAttrs>(value);
  return (inputs) => call(inputs, { axis });
};

const slice: Lowering = (value, { kernel }) => {
  const call = kernel('Slice');
  const begin = [...attrsOf<SliceAttrs>(value).starts];
  const size = [...value.shape];
  return ([x]) => call({ x: x! }, { begin, size });
};

const pad: Lowering = (value, { kernel }) => {
  const call = kernel('PadV2');
  const { before, after } = attrsOf<PadAttrs>(value);
  const paddings = before.map((n, i) => [n, after[i]!]);
  return ([x]) => call({ x: x! }, { paddings, constantValue: 0 });
};

export const layout: LoweringTable = { reshape, transpose, broadcastTo, concat, slice, pad };
