// Tensors of a file, as views of the whole or each in memory of its own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tensors, tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { afterAll, describe, expect, it } from 'vitest';
import { readTensors, readTensorsIfAny, writeTensors } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-tensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'a.safetensors');
const tensors: Tensors = {
  a: tensor([1, 2, 3, 4], [2, 2]),
  b: { dtype: 'int32', shape: [3], data: Int32Array.of(5, 6, 7) },
  scalar: tensor([8], []),
  empty: tensor([], [0]),
};
await writeTensors(path, tensors);

const buffersOf = (read: Tensors) => Object.values(read).map(({ data }) => data.buffer);

describe('readTensors', () => {
  it.each([false, true])('gives what was written (separate: %s)', async (separate) => {
    expect(await readTensors(path, { separate })).toEqual(tensors);
    expect(await readTensorsIfAny(path, { separate })).toEqual(tensors);
    expect(await readTensorsIfAny(join(folder, 'none'), { separate })).toBeUndefined();
  });

  it('gives each tensor memory of its own where it is asked to', async () => {
    const read = await readTensors(path, { separate: true });
    expect(new Set(buffersOf(read)).size).toBe(4);
    for (const { data } of Object.values(read)) expect(data.buffer.byteLength).toBe(data.byteLength);
    expect(new Set(buffersOf(await readTensors(path))).size).toBeLessThan(4);
  });

  it.each([false, true])(
    'names the file that is missing, damaged or a folder (separate: %s)',
    async (separate) => {
      const missing = join(folder, 'missing.safetensors');
      await expect(readTensors(missing, { separate })).rejects.toThrow(
        `${missing}: cannot be read (ENOENT: there is no such file or folder)`,
      );
      const damaged = join(folder, 'damaged.safetensors');
      writeFileSync(damaged, writeSafetensors(tensors).subarray(0, 40));
      await expect(readTensors(damaged, { separate })).rejects.toThrow(`${damaged}: `);
      const nan = join(folder, 'nan.safetensors');
      writeFileSync(nan, writeSafetensors({ a: tensor([Number.NaN], [1]) }));
      await expect(readTensors(nan, { separate })).rejects.toThrow(`${nan}: safetensors: a`);
      await expect(readTensors(folder, { separate })).rejects.toThrow(`${folder}: cannot be read (EISDIR`);
    },
  );

  it('refuses options that it does not know', async () => {
    await expect(readTensors(path, { apart: true } as never)).rejects.toThrow(
      'options: "apart" is not known',
    );
  });
});
