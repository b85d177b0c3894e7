import { type Shape, sameShape, type Value } from '@spatiallock/core';
import { attrsOf, type CastAttrs } from '@spatiallock/core/backend';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { broadcaster } from './broadcast.js';
import { converter } from './convert.js';
import { binary, type Call, type Lowering, type LoweringTable, type Setup, unary } from './lowering.js';

/** The kernel wants three operands of the result's shape. */
const where: Lowering = (value, setup) => {
  const select = setup.kernel('Select');
  const spread = value.inputs.map((x) => broadcaster(x.shape, value.shape, setup));
  return (inputs) => {
    const [condition, t, e] = inputs.map((x, i) => spread[i]!(x)) as [TensorInfo, TensorInfo, TensorInfo];
    return select({ condition, t, e });
  };
};

const scalar = (value: number) => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) }) as const;

const cast: Lowering = (value, setup) => {
  const { dtype } = attrsOf<CastAttrs>(value);
  const from = (value.inputs[0] as Value).dtype;
  if (dtype === 'float16') {
    const toFloat = converter(from, 'float32', setup);
    const round = roundToHalf(value.shape, setup);
    return ([x]) => round(toFloat(x!));
  }
  const convert = converter(from, dtype, setup);
  return ([x]) => convert(x!);
};

const SMALLEST_NORMAL = 2 ** -14;
const FIRST_INFINITE = 65520;

/**
 * Rounds to eleven significant bits by Veltkamp's splitting, to multiples of 2^-24 where halves are subnormal,
 * and to infinity beyond their range: no device here has half precision.
 */
function roundToHalf(shape: Shape, setup: Setup): (x: TensorInfo) => TensorInfo {
  const { kernel, constant } = setup;
  const [multiply, add, subtract, abs, less, select] = [
    'Multiply',
    'Add',
    'Sub',
    'Abs',
    'Less',
    'Select',
  ].map(kernel) as [Call, Call, Call, Call, Call, Call];
  const [factor, step, smallest, limit, large] = [
    2 ** 13 + 1,
    0.75,
    SMALLEST_NORMAL,
    FIRST_INFINITE,
    1e30,
  ].map((n) => constant(scalar(n))) as [TensorInfo, TensorInfo, TensorInfo, TensorInfo, TensorInfo];
  const spread = sameShape(shape, []) ? undefined : broadcaster([], shape, setup);
  const wide = (x: TensorInfo) => (spread && x.shape.length === 0 ? spread(x) : x);
  return (x) => {
    const size = abs({ x });
    const scaled = multiply({ a: x, b: factor });
    const normal = subtract({ a: scaled, b: subtract({ a: scaled, b: x }) });
    const tiny = subtract({ a: add({ a: x, b: step }), b: step });
    const infinite = multiply({ a: multiply({ a: x, b: large }), b: large });
    const finite = select({ condition: wide(less({ a: size, b: smallest })), t: tiny, e: normal });
    return select({ condition: less({ a: size, b: limit }), t: finite, e: infinite });
  };
}

/** The kernel for bool operands differs between devices; as numbers they compare alike. */
const equal: Lowering = (value, setup) => {
  const compare = setup.kernel('Equal');
  if ((value.inputs[0] as Value).dtype !== 'bool') return ([a, b]) => compare({ a: a!, b: b! });
  const toInt = converter('bool', 'int32', setup);
  return ([a, b]) => compare({ a: toInt(a!), b: toInt(b!) });
};

export const elementwise: LoweringTable = {
  cast,
  where,
  equal,
  add: binary('Add'),
  subtract: binary('Sub'),
  multiply: binary('Multiply'),
  divide: binary('RealDiv'),
  power: binary('Pow'),
  maximum: binary('Maximum'),
  minimum: binary('Minimum'),
  less: binary('Less'),
  negate: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  abs: unary('Abs'),
  sign: unary('Sign'),
  sin: unary('Sin'),
  cos: unary('Cos'),
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid'),
  erf: unary('Erf'),
  stopGradient: unary('Identity'),
};
