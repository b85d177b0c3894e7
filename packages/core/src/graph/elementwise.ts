// Element-wise primitives with NumPy broadcasting, and their gradients.

import { sumTo } from './layout.js';
import { checkValue } from './operands.js';
import { broadcastShapes, sameShape } from './shapes.js';
import type { DType } from './tensor.js';
import { attrsOf, node, type Op, scalar, scalarOf, type Value } from './value.js';

type UnaryRule = (x: Value, dy: Value, y: Value) => Value | null;
type BinaryRule = (a: Value, b: Value, dy: Value, y: Value) => readonly [Value | null, Value | null];

function unary(name: string, rule: UnaryRule): Op {
  return {
    name,
    infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
    vjp: (y, dy) => [rule(y.inputs[0]!, dy, y)],
  };
}

function binary(name: string, rule: BinaryRule): Op {
  return {
    name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype) throw new Error(`dtypes ${a!.dtype} and ${b!.dtype} differ; cast one`);
      return { shape: broadcastShapes(a!.shape, b!.shape), dtype: a!.dtype };
    },
    vjp: (y, dy) => {
      const [a, b] = y.inputs as [Value, Value];
      const [da, db] = rule(a, b, dy, y);
      return [da && sumTo(da, a.shape), db && sumTo(db, b.shape)];
    },
  };
}

function comparison(name: string): Op {
  return {
    name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype) throw new Error(`dtypes ${a!.dtype} and ${b!.dtype} differ; cast one`);
      return { shape: broadcastShapes(a!.shape, b!.shape), dtype: 'bool' };
    },
    vjp: () => [null, null],
  };
}

const one = (): Value => scalar(1);
const masked = (condition: Value, dy: Value): Value => where(condition, dy, scalar(0));

/** The op of `negate`. */
export const negateOp = unary('negate', (_x, dy) => negate(dy));
/** The op of `exp`. */
export const expOp = unary('exp', (_x, dy, y) => multiply(dy, y));
/** The op of `log`. */
export const logOp = unary('log', (x, dy) => divide(dy, x));
/** The op of `sqrt`. */
export const sqrtOp = unary('sqrt', (_x, dy, y) => divide(multiply(dy, scalar(0.5)), y));
/** The op of `abs`. */
export const absOp = unary('abs', (x, dy) => multiply(dy, sign(x)));
/** The op of `sign`. */
export const signOp = unary('sign', () => null);
/** The op of `sin`. */
export const sinOp = unary('sin', (x, dy) => multiply(dy, cos(x)));
/** The op of `cos`. */
export const cosOp = unary('cos', (x, dy) => negate(multiply(dy, sin(x))));
/** The op of `tanh`. */
export const tanhOp = unary('tanh', (_x, dy, y) => multiply(dy, subtract(one(), multiply(y, y))));
/** The op of `sigmoid`. */
export const sigmoidOp = unary('sigmoid', (_x, dy, y) => multiply(dy, multiply(y, subtract(one(), y))));
/** The op of `erf`. */
export const erfOp = unary('erf', (x, dy) =>
  multiply(dy, multiply(exp(negate(multiply(x, x))), scalar(2 / Math.sqrt(Math.PI)))),
);
/** The op of `stopGradient`. */
export const stopGradientOp = unary('stopGradient', () => null);

/** The op of `add`. */
export const addOp = binary('add', (_a, _b, dy) => [dy, dy]);
/** The op of `subtract`. */
export const subtractOp = binary('subtract', (_a, _b, dy) => [dy, negate(dy)]);
/** The op of `multiply`. */
export const multiplyOp = binary('multiply', (a, b, dy) => [multiply(dy, b), multiply(dy, a)]);
/** The op of `divide`. */
export const divideOp = binary('divide', (_a, b, dy, y) => [
  divide(dy, b),
  negate(divide(multiply(dy, y), b)),
]);
/** The exponent takes no gradient where the base is not positive. */
export const powerOp = binary('power', (a, b, dy, y) => {
  const positive = less(scalar(0), a);
  return [
    multiply(dy, multiply(b, power(a, subtract(b, one())))),
    where(positive, multiply(dy, multiply(y, log(where(positive, a, one())))), scalar(0)),
  ];
});
/** On a tie the gradient goes to the second operand of both. */
export const maximumOp = binary('maximum', (a, b, dy) => {
  const first = less(b, a);
  return [masked(first, dy), where(first, scalar(0), dy)];
});
/** The op of `minimum`. */
export const minimumOp = binary('minimum', (a, b, dy) => {
  const first = less(a, b);
  return [masked(first, dy), where(first, scalar(0), dy)];
});
/** The op of `less`. */
export const lessOp = comparison('less');
/** The op of `equal`. */
export const equalOp = comparison('equal');

/** The op of `where`. */
export const whereOp: Op = {
  name: 'where',
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool') throw new Error(`the condition must be bool, not ${condition!.dtype}`);
    if (a!.dtype !== b!.dtype) throw new Error(`dtypes ${a!.dtype} and ${b!.dtype} differ; cast one`);
    return {
      shape: broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape)),
      dtype: a!.dtype,
    };
  },
  vjp: ({ inputs }, dy) => {
    const [condition, a, b] = inputs as [Value, Value, Value];
    return [
      null,
      sumTo(where(condition, dy, scalar(0)), a.shape),
      sumTo(where(condition, scalar(0), dy), b.shape),
    ];
  },
};

/** The op of `cast`. */
export const castOp: Op = {
  name: 'cast',
  infer: ([x], attrs) => ({ shape: x!.shape, dtype: attrs.dtype as DType }),
  vjp: ({ inputs }, dy) => {
    const from = inputs[0]!.dtype;
    return [from === 'float32' || from === 'float16' ? cast(dy, from) : null];
  },
};

/** -x. */
export const negate = (x: Value): Value => node(negateOp, [x]);
/** e to the power of x. */
export const exp = (x: Value): Value => node(expOp, [x]);
/** Natural logarithm. */
export const log = (x: Value): Value => node(logOp, [x]);
/** Square root. */
export const sqrt = (x: Value): Value => node(sqrtOp, [x]);
/** Absolute value; its gradient at 0 is 0. */
export const abs = (x: Value): Value => node(absOp, [x]);
/** -1, 0 or 1; its gradient is zero. */
export const sign = (x: Value): Value => node(signOp, [x]);
/** Sine of x in radians. */
export const sin = (x: Value): Value => node(sinOp, [x]);
/** Cosine of x in radians. */
export const cos = (x: Value): Value => node(cosOp, [x]);
/** Hyperbolic tangent. */
export const tanh = (x: Value): Value => node(tanhOp, [x]);
/** 1 / (1 + exp(-x)). */
export const sigmoid = (x: Value): Value => node(sigmoidOp, [x]);
/** The error function of the normal distribution. */
export const erf = (x: Value): Value => node(erfOp, [x]);
/** The same numbers, through which no gradient passes. */
export const stopGradient = (x: Value): Value => node(stopGradientOp, [x]);

/** Numbers stand for scalars: `add(x, 1)`. Adding 0 and multiplying by 1 cost no node. */
export type Operand = Value | number;
function lift(op: string, x: Operand, operand: string): Value {
  if (typeof x === 'number') return scalar(x);
  checkValue(op, x, operand);
  return x;
}
const lifted = (op: string, a: Operand, b: Operand): [Value, Value] => [lift(op, a, 'a'), lift(op, b, 'b')];

/** `x` itself where `other` is the scalar that leaves it as it is. */
function unchanged(x: Value, other: Value, neutral: number): boolean {
  return (
    scalarOf(other) === neutral &&
    other.shape.length <= x.shape.length &&
    x.dtype === 'float32' &&
    sameShape(broadcastShapes(x.shape, other.shape), x.shape)
  );
}

/** a + b, with NumPy broadcasting. */
export function add(a: Operand, b: Operand): Value {
  const [x, y] = lifted('add', a, b);
  if (unchanged(x, y, 0)) return x;
  if (unchanged(y, x, 0)) return y;
  return node(addOp, [x, y]);
}

/** a - b, with NumPy broadcasting. */
export function subtract(a: Operand, b: Operand): Value {
  const [x, y] = lifted('subtract', a, b);
  return unchanged(x, y, 0) ? x : node(subtractOp, [x, y]);
}

/** a * b, with NumPy broadcasting. */
export function multiply(a: Operand, b: Operand): Value {
  const [x, y] = lifted('multiply', a, b);
  if (unchanged(x, y, 1)) return x;
  if (unchanged(y, x, 1)) return y;
  return node(multiplyOp, [x, y]);
}

/** a / b, with NumPy broadcasting. */
export function divide(a: Operand, b: Operand): Value {
  const [x, y] = lifted('divide', a, b);
  return unchanged(x, y, 1) ? x : node(divideOp, [x, y]);
}

/** a to the power of b; b = 1 and b = 2 cost no power. */
export function power(a: Operand, b: Operand): Value {
  const [x, y] = lifted('power', a, b);
  if (unchanged(x, y, 1)) return x;
  return scalarOf(y) === 2 ? multiply(x, x) : node(powerOp, [x, y]);
}

/** The larger of both; on a tie the gradient goes to `b`. */
export const maximum = (a: Operand, b: Operand): Value => node(maximumOp, lifted('maximum', a, b));
/** The smaller of both; on a tie the gradient goes to `b`. */
export const minimum = (a: Operand, b: Operand): Value => node(minimumOp, lifted('minimum', a, b));
/** a < b, as bool. */
export const less = (a: Operand, b: Operand): Value => node(lessOp, lifted('less', a, b));
/** a == b, as bool. */
export const equal = (a: Operand, b: Operand): Value => node(equalOp, lifted('equal', a, b));
/** a where the condition holds, b elsewhere. */
export const where = (condition: Value, a: Operand, b: Operand): Value =>
  node(whereOp, [condition, ...lifted('where', a, b)]);

/** Converts numbers: float to int32 truncates, bool becomes 0 or 1. */
export function cast(x: Value, dtype: DType): Value {
  checkValue('cast', x);
  return x.dtype === dtype ? x : node(castOp, [x], { dtype });
}

/** Attributes of cast nodes. */
export interface CastAttrs {
  readonly dtype: DType;
}

export const castTarget = (value: Value): DType => attrsOf<CastAttrs>(value).dtype;

/** Ops whose inputs stretch to a common shape by themselves. */
export const broadcastingOps: readonly Op[] = [
  addOp,
  subtractOp,
  multiplyOp,
  divideOp,
  powerOp,
  maximumOp,
  minimumOp,
  lessOp,
  equalOp,
  whereOp,
];
