// Files whose numbers are read when they are asked for.

import { describe, expect, it } from 'vitest';
import { checkTensors } from '../src/entries/backend.js';
import {
  openSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../src/entries/io.js';
import { withShape } from '../src/graph/tensor.js';
import { type FileOnDisk, parameter, tensor } from '../src/index.js';
import { checkSafetensors } from '../src/io/openSafetensors.js';

/** A file in memory; counts what is read of it. */
function fileOf(bytes: Uint8Array): FileOnDisk & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    path: 'weights.safetensors',
    size: bytes.byteLength,
    reads,
    read: (offset, length) => {
      reads.push(length);
      return bytes.slice(offset, offset + length);
    },
  };
}

describe('openSafetensors', () => {
  it('leaves half precision as it is unless float32 is asked for', () => {
    const half = { dtype: 'float16' as const, shape: [2], data: Uint16Array.of(0x3c00, 0xc000) };
    const file = writeSafetensors({ half });
    expect(openSafetensors(fileOf(file)).half).toMatchObject(half);
    expect(openSafetensors(fileOf(file), { float32: true }).half).toMatchObject(tensor([1, -2], [2]));
  });

  it('tells where halves lie that become float32, without reading them', () => {
    const bytes = writeSafetensors({
      half: { dtype: 'float16', shape: [2, 2], data: Uint16Array.of(0x3c00, 0xc000, 0, 0x3800) },
    });
    const file = fileOf(bytes);
    const { half } = openSafetensors(file, { float32: true });
    const { byteOffset: offset } = readSafetensorsHeader(bytes).entries.half!;
    const before = file.reads.length;
    expect(half!.stored).toMatchObject({ dtype: 'float16', place: { path: file.path, offset, length: 8 } });
    expect(file.reads.length).toBe(before);
    expect(withShape(half!, [4]).stored?.place).toEqual({ path: file.path, offset, length: 8 });
    expect([...half!.stored!.data]).toEqual([0x3c00, 0xc000, 0, 0x3800]);
    expect([...half!.data]).toEqual([1, -2, 0, 0.5]);
    const reads = file.reads.length;
    expect(half!.data).toBe(half!.data);
    expect(file.reads.length).toBe(reads);
    expect(openSafetensors(file).half!.stored).toBeUndefined();
  });

  it('reads no number before it is asked for, and float32 once', () => {
    const bytes = writeSafetensors({ x: tensor([1, 2, 3], [3]) });
    const file = fileOf(bytes);
    const { x } = openSafetensors(file);
    const before = file.reads.length;
    expect(file.reads).toEqual([8, bytes.length - 12]);
    expect([...x!.data, ...x!.data]).toEqual([1, 2, 3, 1, 2, 3]);
    expect(file.reads.slice(before)).toEqual([12]);
  });
});

describe('tensors of every type', () => {
  it.each(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U16', 'U8', 'BOOL'])(
    '%s: are on a disk what they are in memory',
    (dtype) => {
      const size = dtype === 'BOOL' ? 1 : Number(dtype.replace(/\D+/, '')) / 8;
      const header = JSON.stringify({ x: { dtype, shape: [1, 2], data_offsets: [0, 2 * size] } }).padEnd(80);
      const bytes = new Uint8Array(88 + 2 * size);
      new DataView(bytes.buffer).setUint32(0, 80, true);
      bytes.set(new TextEncoder().encode(header), 8);
      // Small whole numbers, and small fractions of all types that have some.
      bytes[88] = 1;
      for (const float32 of [true, false]) {
        const { x } = readSafetensors(bytes, { float32 });
        const opened = openSafetensors(fileOf(bytes), { float32 }).x!;
        expect([opened.dtype, opened.shape]).toEqual([x!.dtype, [1, 2]]);
        expect(opened.data).toEqual(x!.data);
        expect(opened.place === undefined).toBe(dtype !== 'F32');
        expect(opened.stored?.dtype).toBe(x!.stored?.dtype);
      }
    },
  );
});

describe('a file that no other program can open', () => {
  it('has places without a path, and its numbers are not kept', async () => {
    const bytes = writeSafetensors({ x: tensor([1, 2, 3], [3]) });
    const { path: _, ...file } = fileOf(bytes);
    const { x } = openSafetensors(file);
    const { byteOffset: offset } = readSafetensorsHeader(bytes).entries.x!;
    const before = file.reads.length;
    expect(x!.place).toEqual({ offset, length: 12 });
    checkTensors('params', { x: parameter('x', [3]) }, { x: x! });
    expect(file.reads.length).toBe(before);
    expect([...x!.data]).toEqual([1, 2, 3]);
  });
});

describe('checkSafetensors', () => {
  it('passes over types that hold no fractions, and empty tensors', async () => {
    const bytes = writeSafetensors({
      ids: tensor([0x7fc00000], [1], 'int32'),
      empty: tensor([], [0, 4]),
      x: tensor([1], [1]),
    });
    const file = fileOf(bytes);
    await checkSafetensors(file, readSafetensorsHeader(bytes));
    expect(file.reads).toEqual([4]);
  });

  it('reads a large tensor in pieces of 16 MiB, to its last number', async () => {
    const numbers = new Float32Array(2 ** 22 + 3);
    const check = async (data: Float32Array): Promise<number[]> => {
      const bytes = writeSafetensors({ x: { dtype: 'float32', shape: [data.length], data } });
      const file = fileOf(bytes);
      await checkSafetensors(file, readSafetensorsHeader(bytes));
      return file.reads;
    };
    expect(await check(numbers)).toEqual([2 ** 24, 12]);
    for (const at of [0, 2 ** 22 - 1, 2 ** 22, numbers.length - 1]) {
      const broken = numbers.slice();
      broken[at] = Number.NaN;
      await expect(check(broken)).rejects.toThrow('safetensors: x holds NaN');
    }
  });
});
