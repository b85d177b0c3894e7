// Kernels of element-wise primitives, with NumPy broadcasting.

import type { CastAttrs } from '../graph/elementwise.js';
import { sameShape } from '../graph/shapes.js';
import { broadcastPositions, type Dense, type Kernel, type Kernels, type Numbers } from './dense.js';
import { erf } from './erf.js';

function unary(f: (x: number) => number): Kernel {
  return ([x], out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = f(x.data[i]);
  };
}

function binary(f: (a: number, b: number) => number): Kernel {
  return ([a, b], out) => {
    const [x, y] = [spread(a, out), spread(b, out)];
    for (let i = 0; i < out.data.length; i++) out.data[i] = f(x[i], y[i]);
  };
}

/** The numbers of `x`, repeated to the shape of `out`. */
function spread(x: Dense, out: Dense): Numbers {
  if (sameShape(x.shape, out.shape)) return x.data;
  const at = broadcastPositions(x.shape, out.shape);
  const wide = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) wide[i] = x.data[at[i]];
  return wide;
}

const where: Kernel = ([condition, a, b], out) => {
  const [c, x, y] = [spread(condition, out), spread(a, out), spread(b, out)];
  for (let i = 0; i < out.data.length; i++) out.data[i] = c[i] ? x[i] : y[i];
};

const cast: Kernel = ([x], out, attrs) => {
  const toBool = (attrs as unknown as CastAttrs).dtype === 'bool';
  // A typed array truncates towards zero by itself.
  for (let i = 0; i < out.data.length; i++) out.data[i] = toBool ? Number(x.data[i] !== 0) : x.data[i];
};

export const elementwiseKernels: Kernels = {
  negate: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  erf: unary(erf),
  stopGradient: unary((x) => x),
  add: binary((a, b) => a + b),
  subtract: binary((a, b) => a - b),
  multiply: binary((a, b) => a * b),
  divide: binary((a, b) => a / b),
  power: binary((a, b) => a ** b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  less: binary((a, b) => Number(a < b)),
  equal: binary((a, b) => Number(a === b)),
  where,
  cast,
};
