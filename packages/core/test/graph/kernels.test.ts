import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';
import { interpret, interpretDouble, referenceKernels } from '../../src/reference/index.js';
import { dense, uniform } from './support.js';

const floats = (numbers: readonly number[], shape: g.Shape = [numbers.length]) => g.tensor(numbers, shape);
const value = (numbers: readonly number[], shape?: g.Shape) => g.constant(floats(numbers, shape));
const numbers = (y: g.Value) => [...interpret({ y }).y.data];

it('has a kernel for every primitive and for nothing else', () => {
  expect(Object.keys(referenceKernels).sort()).toEqual(Object.keys(g.primitives).sort());
});

describe('element-wise kernels', () => {
  it.each([
    ['negate', g.negate, -2],
    ['exp', g.exp, 7.389056],
    ['log', g.log, 0.693147],
    ['sqrt', g.sqrt, 1.414214],
    ['abs', (x: g.Value) => g.abs(g.negate(x)), 2],
    ['sign', (x: g.Value) => g.sign(g.negate(x)), -1],
    ['sin', g.sin, 0.909297],
    ['cos', g.cos, -0.416147],
    ['tanh', g.tanh, 0.964028],
    ['sigmoid', g.sigmoid, 0.880797],
    ['erf', g.erf, 0.995322],
    ['stopGradient', g.stopGradient, 2],
  ] as const)('%s of 2', (_name, build, expected) => {
    expect(numbers(build(value([2])))[0]).toBeCloseTo(expected, 5);
  });

  it('erf holds over its whole range', () => {
    const double = (x: number) =>
      interpretDouble(
        { y: g.erf(g.input('x', [1])) },
        {
          x: { dtype: 'float32', shape: [1], data: Float64Array.of(x) },
        },
      ).y.data[0];
    expect(double(0.5)).toBeCloseTo(0.5204998778130465, 14);
    expect(double(-1)).toBeCloseTo(-0.8427007929497149, 14);
    expect(double(3)).toBeCloseTo(0.9999779095030014, 14);
    expect([double(0), double(40), double(-40), double(Number.NaN)]).toEqual([0, 1, -1, Number.NaN]);
  });

  it('broadcasts as NumPy does', () => {
    const [column, row] = [value([10, 20], [2, 1]), value([1, 2, 3])];
    expect(numbers(g.add(column, row))).toEqual([11, 12, 13, 21, 22, 23]);
    expect(numbers(g.subtract(row, column))).toEqual([-9, -8, -7, -19, -18, -17]);
    expect(numbers(g.multiply(column, row))).toEqual([10, 20, 30, 20, 40, 60]);
    expect(numbers(g.divide(column, value([4])))).toEqual([2.5, 5]);
    expect(numbers(g.power(row, 3))).toEqual([1, 8, 27]);
    expect(numbers(g.maximum(row, 2))).toEqual([2, 2, 3]);
    expect(numbers(g.minimum(row, 2))).toEqual([1, 2, 2]);
  });

  it('compares and chooses', () => {
    const x = value([1, 2, 3]);
    expect(interpret({ y: g.less(x, 2) }).y).toEqual({
      dtype: 'bool',
      shape: [3],
      data: Uint8Array.of(1, 0, 0),
    });
    expect(numbers(g.equal(x, 2))).toEqual([0, 1, 0]);
    expect(numbers(g.where(g.less(x, 2), x, -1))).toEqual([1, -1, -1]);
  });

  it('casts: to int32 by truncation, to bool by being other than 0', () => {
    const x = value([-1.7, 0, 0.5]);
    expect(interpret({ y: g.cast(x, 'int32') }).y.data).toEqual(Int32Array.of(-1, 0, 0));
    expect(interpret({ y: g.cast(x, 'bool') }).y.data).toEqual(Uint8Array.of(1, 0, 1));
    expect(numbers(g.cast(g.cast(x, 'bool'), 'float32'))).toEqual([1, 0, 1]);
  });

  it('divides int32 towards zero', () => {
    const [a, b] = [
      [7, -7],
      [2, 2],
    ].map((x) => g.constant(g.tensor(x, [2], 'int32')));
    expect(numbers(g.divide(a, b))).toEqual([3, -3]);
  });
});

describe('float16', () => {
  const bits = (x: number) => interpret({ y: g.cast(value([x]), 'float16') }).y.data[0];

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [Number.NaN, 0x7e00],
  ])('%d has the bits %i', (x, expected) => {
    expect(bits(x)).toBe(expected);
  });

  it('comes back from every pattern of bits', () => {
    const every = Uint16Array.from({ length: 1 << 16 }, (_, i) => i).filter((x) => (x & 0x7fff) <= 0x7c00);
    const x = g.constant({ dtype: 'float16', shape: [every.length], data: every });
    expect(interpret({ y: g.cast(g.cast(x, 'float32'), 'float16') }).y.data).toEqual(every);
  });

  it('rounds after every op', () => {
    const x = g.cast(value([1, 2 ** -11]), 'float16');
    const parts = [g.sliceAxis(x, 0, 0, 1), g.sliceAxis(x, 0, 1, 2)];
    expect(numbers(g.cast(g.add(parts[0], parts[1]), 'float32'))).toEqual([1]);
  });
});

describe('kernels that move numbers', () => {
  const x = value([0, 1, 2, 3, 4, 5], [2, 3]);

  it('transpose, reshape, broadcastTo', () => {
    expect(numbers(g.transpose(x, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(interpret({ y: g.reshape(x, [3, -1]) }).y).toEqual(floats([0, 1, 2, 3, 4, 5], [3, 2]));
    expect(numbers(g.broadcastTo(value([7, 8], [2, 1]), [2, 2, 2]))).toEqual([7, 7, 8, 8, 7, 7, 8, 8]);
  });

  it('transpose of three axes puts axis perm[i] at i', () => {
    const cube = value([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [2, 3, 2]);
    expect(numbers(g.transpose(cube, [1, 2, 0]))).toEqual([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
  });

  it('slice, pad, concat', () => {
    expect(numbers(g.slice(x, [0, 1], [2, 3]))).toEqual([1, 2, 4, 5]);
    expect(numbers(g.pad(x, [1, 0], [0, 1]))).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 3, 4, 5, 0]);
    expect(numbers(g.concat([x, value([8, 9], [2, 1])], 1))).toEqual([0, 1, 2, 8, 3, 4, 5, 9]);
    expect(numbers(g.concat([x, value([6, 7, 8], [1, 3])], 0))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('gather and scatterAdd', () => {
    const rows = g.constant(g.tensor([1, 1, 0], [3], 'int32'));
    expect(numbers(g.gather(x, rows))).toEqual([3, 4, 5, 3, 4, 5, 0, 1, 2]);
    expect(numbers(g.scatterAdd(value([1, 2, 3]), rows, 3))).toEqual([3, 3, 0]);
    const outside = g.constant(g.tensor([0, 2], [2], 'int32'));
    expect(() => numbers(g.gather(x, outside))).toThrow('gather: index 2 at 1 is outside 0..1');
  });

  it('sum, max, argMax', () => {
    expect(numbers(g.sum(x))).toEqual([15]);
    expect(interpret({ y: g.sum(x, [0], true) }).y).toEqual(floats([3, 5, 7], [1, 3]));
    expect(numbers(g.mean(x, [1]))).toEqual([1, 4]);
    expect(numbers(g.max(g.negate(x), [-1]))).toEqual([-0, -3]);
    const ties = value([1, 5, 5, 9, 2, 9], [2, 3]);
    expect(interpret({ y: g.argMax(ties, 1) }).y).toEqual(g.tensor([1, 0], [2], 'int32'));
    expect(numbers(g.argMax(ties, 0))).toEqual([1, 0, 1]);
  });
});

describe('matmul and conv2d', () => {
  it('multiplies matrices, and batches that broadcast', () => {
    const a = value([1, 2, 3, 4], [2, 2]);
    expect(numbers(g.matmul(a, value([1, 0, 2, 0, 1, 3], [2, 3])))).toEqual([1, 2, 8, 3, 4, 18]);
    const batch = value([1, 0, 0, 1, 0, 1, 1, 0], [2, 2, 2]);
    expect(numbers(g.matmul(batch, a))).toEqual([1, 2, 3, 4, 3, 4, 1, 2]);
    expect(numbers(g.matmul(a, batch))).toEqual([1, 2, 3, 4, 2, 1, 4, 3]);
  });

  it.each([
    { x: [2, 3, 5, 4], kernel: [4, 3, 3, 3], stride: 1, padding: [1, 1, 1, 1], groups: 1 },
    { x: [1, 2, 6, 7], kernel: [2, 2, 3, 2], stride: 2, padding: [0, 1, 2, 0], groups: 1 },
    { x: [2, 4, 5, 5], kernel: [6, 2, 1, 3], stride: 3, padding: [2, 0, 0, 4], groups: 2 },
  ] as const)('convolves as its definition says: %j', ({ x, kernel, ...options }) => {
    const next = uniform(3);
    const feeds = { x: dense(x, next), kernel: dense(kernel, next) };
    const y = g.conv2d(g.input('x', x), g.input('kernel', kernel), options);
    const { data, shape } = interpretDouble({ y }, feeds).y;
    const at = (t: keyof typeof feeds, ...index: number[]) => {
      const { shape: sides, data: all } = feeds[t];
      const inside = index.every((i, axis) => i >= 0 && i < sides[axis]);
      return inside ? all[index.reduce((sum, i, axis) => sum * sides[axis] + i, 0)] : 0;
    };
    const [count, outputs, rows, columns] = shape;
    const [, perGroup, tall, wide] = kernel;
    let i = 0;
    for (let n = 0; n < count; n++)
      for (let o = 0; o < outputs; o++)
        for (let row = 0; row < rows; row++)
          for (let column = 0; column < columns; column++, i++) {
            let expected = 0;
            for (let c = 0; c < perGroup; c++)
              for (let ky = 0; ky < tall; ky++)
                for (let kx = 0; kx < wide; kx++) {
                  const channel = Math.floor((o * options.groups) / outputs) * perGroup + c;
                  const py = row * options.stride - options.padding[0] + ky;
                  const px = column * options.stride - options.padding[1] + kx;
                  expected += at('x', n, channel, py, px) * at('kernel', o, c, ky, kx);
                }
            expect(data[i]).toBeCloseTo(expected, 12);
          }
    expect(i).toBe(data.length);
  });
});
