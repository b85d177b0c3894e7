import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normals } from '../src/entries/nn.js';
import { type Tensor, tensor } from '../src/graph/tensor.js';
import {
  encodeNumbers,
  formatQuantization,
  layoutSafetensors,
  openSafetensors,
  QUANTIZATION_KEY,
  type QuantizedDType,
  quantizedAs,
  readSafetensors,
  readSafetensorsHeader,
  scalesOf,
} from '../src/io/index.js';
import { checkSafetensors } from '../src/io/openSafetensors.js';
import type { FileDType } from '../src/io/safetensorsLayout.js';

const SHAPE = [40, 33];

interface Part {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A file of these tensors, with that value of `QUANTIZATION_KEY`. */
function fileOf(parts: Readonly<Record<string, Part>>, metadata: string): Uint8Array {
  const { head, names, byteLength } = layoutSafetensors(parts, { [QUANTIZATION_KEY]: metadata });
  const file = new Uint8Array(byteLength);
  let at = head.length;
  file.set(head);
  for (const name of names) {
    file.set(parts[name]!.bytes, at);
    at += parts[name]!.bytes.length;
  }
  return file;
}

const scalesPart = (scales: Float32Array): Part => ({
  dtype: 'float32',
  shape: [scales.length],
  bytes: new Uint8Array(scales.buffer),
});

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
    [scalesOf('w')]: scalesPart(factors),
    b: scalesPart(Float32Array.of(7)),
  };
  return { file: fileOf(parts, change.metadata ?? formatQuantization({ w: kind })), data };
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

describe('codes and scales, by hand', () => {
  it('of 8 bits: one scale a row, by its largest number', () => {
    const data = Float32Array.of(254, -127, 1, 0, 0, 0, -12.7, 6.4);
    const { codes, scales } = encodeNumbers(data, [2, 2, 2], { bits: 8, block: 4 });
    expect([...new Int8Array(codes.buffer)]).toEqual([127, -63, 1, 0, 0, 0, -127, 64]);
    expect([...scales]).toEqual([2, Math.fround(Math.fround(12.7) / 127)]);
  });

  it('of 4 bits: one scale a block of each row, the first number in the lower half of a byte', () => {
    const data = Float32Array.of(7, -7, 14, 0, 3.5, -21);
    const { codes, scales } = encodeNumbers(data, [2, 3], { bits: 4, block: 2 });
    expect([...codes]).toEqual([0x1f, 0x0f, 0xf8, 0x01]);
    expect([...scales]).toEqual([1, 2, 0.5, 3]);
  });

  it('zeros, and numbers so small that their scale would be subnormal, have a scale of 1', () => {
    const tiny = Float32Array.of(0, 0, 127 * 2 ** -127, -1e-40, 127 * 2 ** -125, 0);
    const { codes, scales } = encodeNumbers(tiny, [3, 2], { bits: 8, block: 2 });
    expect([...scales]).toEqual([1, 1, 2 ** -125]);
    expect([...codes]).toEqual([0, 0, 0, 0, 127, 0]);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY])('%d has none', (value) => {
    expect(() => encodeNumbers(Float32Array.of(1, 1, 1, value), [2, 2], { bits: 8, block: 2 })).toThrow(
      'quantization: a number of row 1 is not finite',
    );
  });

  it('are read as code times scale, also the code -128 of other programs', () => {
    const codes = Int8Array.of(127, -128, 1, -1, 0, 64);
    const parts = {
      w: { dtype: 'int8' as const, shape: [6], bytes: new Uint8Array(codes.buffer) },
      [scalesOf('w')]: scalesPart(Float32Array.of(0.5, 2)),
    };
    const file = fileOf(parts, formatQuantization({ w: { bits: 8, block: 3, shape: [2, 3] } }));
    expect([...readSafetensors(file).w!.data]).toEqual([63.5, -64, 0.5, -2, 0, 128]);
  });

  it('of 4 bits are read with a zero point of 8', () => {
    const parts = {
      w: { dtype: 'uint8' as const, shape: [4], bytes: Uint8Array.of(0x1f, 0x0f, 0xf8, 0x00) },
      [scalesOf('w')]: scalesPart(Float32Array.of(1, 2, 0.5, 3)),
    };
    const file = fileOf(parts, formatQuantization({ w: { bits: 4, block: 2, shape: [2, 3] } }));
    expect([...readSafetensors(file).w!.data]).toEqual([7, -7, 14, 0, 3.5, -24]);
  });

  it('are the same on a disk, where scales are looked at beforehand', async () => {
    const onDisk = (bytes: Uint8Array) => ({
      path: 'x.safetensors',
      size: bytes.length,
      read: (offset: number, length: number) => bytes.slice(offset, offset + length),
    });
    for (const dtype of ['int8', 'int4'] as const) {
      const { file } = fileWith(dtype);
      const { w } = openSafetensors(onDisk(file));
      expect([...w!.data]).toEqual([...readSafetensors(file).w!.data]);
      await expect(checkSafetensors(onDisk(file), readSafetensorsHeader(file))).resolves.toBeUndefined();
    }
    const { file } = fileWith('int8', { scales: new Float32Array(40).fill(1).fill(3e38, 39) });
    await expect(checkSafetensors(onDisk(file), readSafetensorsHeader(file))).rejects.toThrow(
      'safetensors: w: a scale is 3',
    );
  });
});

it('codes begin with 1024 numbers and rows of 32', () => {
  const of = (shape: number[], to: QuantizedDType) => quantizedAs({ dtype: 'float32', shape }, to);
  expect(of([32, 32], 'int4')).toEqual({ bits: 4, block: 32, shape: [32, 32] });
  expect(of([32, 8, 2, 2], 'int8')).toEqual({ bits: 8, block: 32, shape: [32, 8, 2, 2] });
  expect(of([31, 33], 'int8')).toBeUndefined();
  expect(of([34, 31], 'int8')).toBeUndefined();
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
    ['a text as shape', { metadata: entry({ shape: '33' }) }, /w: its shape must be/],
    ['an empty side', { metadata: entry({ shape: [40, 0] }) }, /w: its shape must be/],
    [
      'an odd block of 4 bits',
      { metadata: entry({ bits: 4, block: 33 }) },
      /its block must be an even number/,
    ],
    ['no block', { metadata: entry({ block: 0 }) }, /w: its block must be a whole number/],
    [
      'a list as its entry',
      { metadata: '{"version":1,"tensors":{"w":[]}}' },
      /w: its quantization must be an/,
    ],
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
