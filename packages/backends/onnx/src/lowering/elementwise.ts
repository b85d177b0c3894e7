import { attrsOf, type CastAttrs, type ConstantAttrs } from '@spatiallock/core';
import { dataTypeOf } from '../messages.js';
import { type Lowering, type LoweringTable, rename } from './lowering.js';

const constant: Lowering = (value, _inputs, emitter) => emitter.constant(attrsOf<ConstantAttrs>(value).tensor);

const cast: Lowering = (value, inputs, { emit }) =>
  emit('Cast', inputs, { to: dataTypeOf(attrsOf<CastAttrs>(value).dtype) });

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
