import { sizeOf, type Value } from '@spatiallock/core';
import { type ArgMaxAttrs, attrsOf, type ReduceAttrs } from '@spatiallock/core/backend';
import type { Call, Lowering, LoweringTable } from './lowering.js';

/**
 * Kernels reduce the last axes only and transpose what is to come last before. A sum over neighbouring axes
 * further left is a product with ones instead, which moves nothing.
 */
const sum: Lowering = (value, setup) => {
  const { axes } = attrsOf<ReduceAttrs>(value);
  const { shape, dtype } = value.inputs[0] as Value;
  const [first, last] = [axes[0]!, axes.at(-1)!];
  const neighbours = last - first === axes.length - 1;
  if (!neighbours || last === shape.length - 1 || dtype !== 'float32') return plainSum(value, setup);
  const [reshape, product] = [setup.kernel('Reshape'), setup.kernel('BatchMatMul')];
  const [outer, count, inner] = [
    sizeOf(shape.slice(0, first)),
    sizeOf(shape.slice(first, last + 1)),
    sizeOf(shape.slice(last + 1)),
  ];
  const data = new Float32Array(count).fill(1);
  const ones = setup.constant({ dtype: 'float32', shape: [1, 1, count], data });
  return ([x]) => {
    const rows = reshape({ x: x! }, { shape: [outer, count, inner] });
    const total = product({ a: ones, b: rows }, { transposeA: false, transposeB: false });
    return reshape({ x: total }, { shape: [...value.shape] });
  };
};

const plainSum: Lowering = (value, { kernel }) => {
  const call = kernel('Sum');
  const { axes, keepDims } = attrsOf<ReduceAttrs>(value);
  return ([x]) => call({ x: x! }, { axis: [...axes], keepDims });
};

const max: Lowering = (value, { kernel }) => {
  const call = kernel('Max');
  const { axes, keepDims } = attrsOf<ReduceAttrs>(value);
  return ([x]) => call({ x: x! }, { reductionIndices: [...axes], keepDims });
};

/**
 * The first of the largest: kernels of graphics cards take any of equals. Each place where the maximum stands
 * scores the higher the earlier it is; whole numbers are exact to 2^24.
 */
const argMax: Lowering = (value, { kernel, constant }) => {
  const [cast, top, equal, multiply, subtract] = ['Cast', 'Max', 'Equal', 'Multiply', 'Sub'].map(kernel) as [
    Call,
    Call,
    Call,
    Call,
    Call,
  ];
  const { axis } = attrsOf<ArgMaxAttrs>(value);
  const { shape, dtype } = value.inputs[0] as Value;
  const length = shape[axis]!;
  const scores = constant({
    dtype: 'float32',
    shape: shape.map((_, i) => (i === axis ? length : 1)),
    data: Float32Array.from({ length }, (_, i) => length - i),
  });
  const count = constant({ dtype: 'float32', shape: [], data: Float32Array.of(length) });
  return ([given]) => {
    const x = dtype === 'float32' ? given! : cast({ x: given! }, { dtype: 'float32' });
    const largest = top({ x }, { reductionIndices: [axis], keepDims: true });
    const hits = cast({ x: equal({ a: x, b: largest }) }, { dtype: 'float32' });
    const best = top({ x: multiply({ a: hits, b: scores }) }, { reductionIndices: [axis], keepDims: false });
    return cast({ x: subtract({ a: count, b: best }) }, { dtype: 'int32' });
  };
};

export const reduce: LoweringTable = { sum, max, argMax };
