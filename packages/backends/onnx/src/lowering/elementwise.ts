import { sameShape, type Value } from '@spatiallock/core';
import { attrsOf, type CastAttrs, type ConstantAttrs } from '@spatiallock/core/backend';
import { CHOICE_DOMAIN } from '../branches.js';
import { TensorProto_DataType } from '../gen/onnx_pb.js';
import { dataTypeOf } from '../messages.js';
import { roundedToHalf } from './half.js';
import { type Lowering, type LoweringTable, rename } from './lowering.js';

const constant: Lowering = (value, _inputs, emitter) =>
  emitter.constant(attrsOf<ConstantAttrs>(value).tensor);

/** Half precision is kept in float32, rounded as halves are, but for devices that compute with halves. */
const cast: Lowering = (value, inputs, emitter) => {
  const { emit, half: computesHalves, lacks } = emitter;
  const { dtype } = attrsOf<CastAttrs>(value);
  if (dtype !== 'float16') return emit('Cast', inputs, { to: dataTypeOf(dtype) });
  if (computesHalves) return emit('Cast', inputs, { to: TensorProto_DataType.FLOAT16 });
  if (lacks('float16')) return roundedToHalf(emit('Cast', inputs, { to: dataTypeOf('float32') }), emitter);
  const half = emit('Cast', inputs, { to: TensorProto_DataType.FLOAT16 });
  return emit('Cast', [half], { to: dataTypeOf(dtype) });
};

const power: Lowering = (value, inputs, { emit, ints, lacks }) => {
  const equal = value.inputs.every(({ shape }) => sameShape(shape, value.shape));
  if (equal || !lacks('broadcast Pow')) return emit('Pow', inputs);
  const shape = ints(value.shape);
  return emit(
    'Pow',
    inputs.map((x, i) => (sameShape(value.inputs[i]!.shape, value.shape) ? x : emit('Expand', [x, shape]))),
  );
};

/** One condition for a whole tensor, known only when it runs, is a choice of what is computed. */
const where: Lowering = (value, inputs, { emit, isConstant }) => {
  const [condition, ...sides] = value.inputs as [Value, Value, Value];
  const whole = condition.shape.length === 0 && sides.every(({ shape }) => sameShape(shape, value.shape));
  if (!whole || value.dtype !== 'float32' || isConstant(inputs[0]!)) return emit('Where', inputs);
  return emit('Where', inputs, { shape: value.shape }, { domain: CHOICE_DOMAIN });
};

export const elementwise: LoweringTable = {
  constant,
  cast,
  add: rename('Add'),
  subtract: rename('Sub'),
  multiply: rename('Mul'),
  divide: rename('Div'),
  power,
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
  where,
  stopGradient: (_value, [x]) => x!,
};
