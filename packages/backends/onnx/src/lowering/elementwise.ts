import { attrsOf, type CastAttrs, type ConstantAttrs } from '@spatiallock/core';
import { TensorProto_DataType } from '../gen/onnx_pb.js';
import { dataTypeOf } from '../messages.js';
import { type Lowering, type LoweringTable, rename } from './lowering.js';

const constant: Lowering = (value, _inputs, emitter) =>
  emitter.constant(attrsOf<ConstantAttrs>(value).tensor);

/** Half precision is kept in float32, rounded as halves are. */
const cast: Lowering = (value, inputs, { emit }) => {
  const { dtype } = attrsOf<CastAttrs>(value);
  const rounded = dtype === 'float16' ? [emit('Cast', inputs, { to: TensorProto_DataType.FLOAT16 })] : inputs;
  return emit('Cast', rounded, { to: dataTypeOf(dtype) });
};

export const elementwise: LoweringTable = {
  constant,
  cast,
  add: rename('Add'),
  subtract: rename('Sub'),
  multiply: rename('Mul'),
  divide: rename('Div'),
  power: rename('Pow'),
  maximum: rename('Max'),
  minimum: rename('Min'),
  negate: rename('Neg'),
  exp: rename('Exp'),
  log: rename('Log'),
  sqrt: rename('Sqrt'),
  abs: rename('Abs'),
  sign: rename('Sign'),
  sin: rename('Sin'),
  cos: rename('Cos'),
  tanh: rename('Tanh'),
  sigmoid: rename('Sigmoid'),
  erf: rename('Erf'),
  less: rename('Less'),
  equal: rename('Equal'),
  where: rename('Where'),
  stopGradient: (_value, [x]) => x!,
};
