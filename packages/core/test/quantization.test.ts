import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normals } from '../src/entries/nn.js';
import { type Tensor, tensor } from '../src/graph/tensor.js';
import {
  encodeNumbers,
  formatQuantization,
  layoutSafetensors,
  QUANTIZATION_KEY,
  type QuantizedDType,
  quantizedAs,
  readSafetensors,
  scalesOf,
} from '../src/io/index.js';

const SHAPE = [40, 33];

/** A file with one quantized tensor, `w`, and one that is not, `b`; `metadata` and parts may be replaced. */
function fileWith(
  dtype: QuantizedDType,
  change: { metadata?: string; scales?: Float32Array; less?: number } = {},
) {
  const data = normals(3, 40 * 33);
  const kind = quantizedAs({ dtype: 'float32', shape: SHAPE }, dtype)!;
  const { codes, scales } = encodeNumbers(data, SHAPE, kind);
  const factors = change.scales ?? scales;
  const cut = codes.subarray(0, codes.length - (change.less ?? 0));
  const parts = {
    w: { dtype: dtype === 'int8' ? ('int8' as const) : ('uint8' as const), shape: [cut.length], bytes: cut },
    [scalesOf('w')]: {
      dtype: 'float32' as const,
      shape: [factors.length],
      bytes: new Uint8Array(factors.buffer),
    },
    b: { dtype: 'float32' as const, shape: [1], bytes: new Uint8Array(Float32Array.of(7).buffer) },
  };
  const metadata = change.metadata ?? formatQuantization({ w: kind });
  const { head, names, byteLength } = layoutSafetensors(parts, { [QUANTIZATION_KEY]: metadata });
  const file = new Uint8Array(byteLength);
  let at = head.length;
  file.set(head);
  for (const name of names) {
    file.set(parts[name]!.bytes, at);
    at += parts[name]!.bytes.length;
  }
  return { file, data };
}

const entry = (more: object): string =>
  JSON.stringify({ version: 1, tensors: { w: { bits: 8, block: 33, shape: SHAPE, ...more } } });

describe.each([
  ['int8', 33, 127],
  ['int4', 32, 7],
] as const)('%s', (dtype, block, most) => {
  it('is read as float32 of its own shape, each number within half a step of its block', () => {
    const { file, data } = fileWith(dtype);
    const { w, b, ...more } = readSafetensors(file) as Record<string, Tensor>;
    expect(more).toEqual({});
    expect(b).toEqual(tensor([7], [1]));
    expect(w).toMatchObject({ dtype: 'float32', shape: SHAPE });
    for (let row = 0; row < 40; row++) {
      for (let from = 0; from < 33; from += block) {
        const own = data.subarray(row * 33 + from, row * 33 + Math.min(33, from + block));
        const step = Math.max(...own.map(Math.abs)) / most;
        own.forEach((x, i) => {
          expect(Math.abs(Number(w!.data[row * 33 + from + i]) - x)).toBeLessThanOrEqual(0.5001 * step);
        });
      }
    }
  });

  it('keeps numbers that are multiples of their scale, and zeros, as they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -most, max: most }), { minLength: 66, maxLength: 66 }),
        (numbers) => {
          const kind = quantizedAs({ dtype: 'float32', shape: SHAPE }, dtype)!;
          const whole = numbers.map((x, i) => (i % block === 0 ? most : x));
          const { codes, scales } = encodeNumbers(Float32Array.from(whole), [2, 33], kind);
          const again = encodeNumbers(Float32Array.from(whole), [2, 33], kind);
          expect(again).toEqual({ codes, scales });
          expect([...scales].every((scale) => scale > 0)).toBe(true);
        },
      ),
    );
  });
});

it('leaves vectors, short rows and small tensors alone', () => {
  for (const shape of [[4096], [2, 64], [4096, 8], [0, 64]]) {
    expect(quantizedAs({ dtype: 'float32', shape }, 'int8')).toBeUndefined();
  }
  expect(quantizedAs({ dtype: 'int32', shape: [64, 64] }, 'int8')).toBeUndefined();
  expect(quantizedAs({ dtype: 'float16', shape: [64, 64] }, 'int4')).toEqual({
    bits: 4,
    block: 32,
    shape: [64, 64],
  });
});

describe('a damaged file is an error that names the tensor', () => {
  const refused: readonly [string, Parameters<typeof fileWith>[1], RegExp][] = [
    ['codes that are cut off', { less: 1 }, /w of \[40, 33\]: its codes need 1320 bytes, have 1319/],
    [
      'too few scales',
      { scales: new Float32Array(39).fill(1) },
      /w of \[40, 33\]: its scales need 160 bytes, have 156/,
    ],
    ['a scale of 0', { scales: new Float32Array(40) }, /w: a scale is 0/],
    ['a negative scale', { scales: new Float32Array(40).fill(-1) }, /w: a scale is -1/],
    ['a scale that is none', { scales: new Float32Array(40).fill(Number.NaN) }, /w: a scale is NaN/],
    ['another version', { metadata: '{"version":2,"tensors":{}}' }, /version 2 is not known here, only 1/],
    ['no version', { metadata: '{}' }, /version undefined is not known here/],
    ['no tensors', { metadata: '{"version":1}' }, /tensors must be an object/],
    ['no JSON', { metadata: '{' }, /spatiallock_quantization/],
    ['other bits', { metadata: entry({ bits: 3 }) }, /w: must have 8 or 4 bits a number, not 3/],
    ['codes of another type', { metadata: entry({ bits: 4, block: 32 }) }, /w: its codes must be U8, not I8/],
    [
      'another shape',
      { metadata: entry({ shape: [40, 34], block: 34 }) },
      /its codes need 1360 bytes, have 1320/,
    ],
    ['an impossible shape', { metadata: entry({ shape: [2 ** 40, 2 ** 40] }) }, /w: its shape must be/],
    ['an empty shape', { metadata: entry({ shape: [] }) }, /w: its shape must be/],
    ['a block that is none', { metadata: entry({ block: 0.5 }) }, /w: its block must be a whole number/],
    ['another block', { metadata: entry({ block: 32 }) }, /w: 8 bits have one scale a row/],
    [
      'a tensor that is not there',
      { metadata: entry({}).replace('"w"', '"v"') },
      /v: its codes, v, are missing/,
    ],
  ];
  it.each(refused)('%s', (_, change, message) => {
    expect(() => readSafetensors(fileWith('int8', change).file)).toThrow(message);
  });
});
