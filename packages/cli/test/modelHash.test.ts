// Models are distinguished by their files, also where these are rewritten in place.

import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { modelHash } from '../src/modelHash.js';

/** Three times what is read at one end of a file. */
const LARGE = 3 * 2 ** 16;

function model(change: (folder: string, weights: Buffer) => void = () => undefined): string {
  const folder = temporaryFolder();
  const weights = Buffer.from(Uint8Array.from({ length: LARGE }, (_, i) => i % 251));
  mkdirSync(join(folder, 'unet'));
  writeFileSync(join(folder, 'unet', 'config.json'), '{}');
  change(folder, weights);
  writeFileSync(join(folder, 'unet', 'weights.bin'), weights);
  return folder;
}

/** A safetensors file with another header, ended by spaces. */
function rewritten(bytes: Uint8Array, change: (header: Record<string, unknown>) => void): Buffer {
  const file = Buffer.from(bytes);
  const size = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + size).toString()) as Record<string, unknown>;
  change(header);
  const text = Buffer.from(`${JSON.stringify(header)}        `);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  return Buffer.concat([length, text, file.subarray(8 + size)]);
}

const hashOf = (...changes: Parameters<typeof model>) => modelHash([model(...changes)]);

describe('the hash of a model', () => {
  it('goes through links, and not around in circles', async () => {
    const [whole, linked] = [model(), temporaryFolder()];
    symlinkSync(join(whole, 'unet'), join(linked, 'unet'));
    expect(await modelHash([linked])).toBe(await modelHash([whole]));
    symlinkSync(linked, join(linked, 'again'));
    expect(await modelHash([linked])).toBe(await modelHash([whole]));
  });

  it('is of 16 digits, and the same for the same files anywhere, whenever they were written', async () => {
    const [first, second] = [model(), model()];
    utimesSync(join(second, 'unet', 'weights.bin'), 1, 1);
    expect(await modelHash([first])).toMatch(/^[0-9a-f]{16}$/);
    expect(await modelHash([second])).toBe(await modelHash([first]));
  });

  it.each<[string, NonNullable<Parameters<typeof model>[0]>]>([
    ['its first byte', (_, weights) => weights.writeUInt8(9, 0)],
    ['the last byte that is read of its beginning', (_, weights) => weights.writeUInt8(9, 2 ** 16 - 1)],
    ['the first byte that is read of its end', (_, weights) => weights.writeUInt8(9, LARGE - 2 ** 16)],
    ['its last byte', (_, weights) => weights.writeUInt8(9, LARGE - 1)],
    ['a small file', (folder) => writeFileSync(join(folder, 'unet', 'config.json'), '[]')],
    ['a file that is added', (folder) => writeFileSync(join(folder, 'more.txt'), '')],
    [
      'a file that is moved',
      (folder) => {
        mkdirSync(join(folder, 'vae'));
        writeFileSync(join(folder, 'vae', 'config.json'), '');
      },
    ],
  ])('changes with %s', async (_, change) => {
    expect(await hashOf(change)).not.toBe(await hashOf());
  });

  it('does not change with the middle of large files, hidden files and the state of a training', async () => {
    const changed = await hashOf((folder, weights) => {
      weights.writeUInt8(9, LARGE / 2);
      writeFileSync(join(folder, '.DS_Store'), 'x');
      mkdirSync(join(folder, 'training'));
      writeFileSync(join(folder, 'training', 'state'), 'x');
    });
    expect(changed).toBe(await hashOf());
  });

  describe('of safetensors', () => {
    const place = (bytes: Uint8Array): string => {
      const path = join(temporaryFolder(), 'weights.safetensors');
      writeFileSync(path, bytes);
      return path;
    };
    const hash = (bytes: Uint8Array) => modelHash([place(bytes)]);
    const tensors = { a: tensor([1, 2], [2]), b: tensor([3], [1]) };

    it('does not change with a tensor of no numbers, nor with spaces after the header', async () => {
      const bytes = writeSafetensors(tensors);
      const tagged = rewritten(bytes, (header) => {
        header.scaled_fp8 = { dtype: 'F8_E4M3', shape: [0], data_offsets: [12, 12] };
      });
      expect(tagged.byteLength).toBeGreaterThan(bytes.byteLength);
      expect(await hash(tagged)).toBe(await hash(bytes));
    });

    it('changes with names, types, shapes, numbers and metadata', async () => {
      const all = [
        writeSafetensors(tensors),
        writeSafetensors({ a: tensor([1, 2], [2]), c: tensor([3], [1]) }),
        writeSafetensors({ a: tensor([1, 2], [1, 2]), b: tensor([3], [1]) }),
        writeSafetensors({ a: tensor([1, 4], [2]), b: tensor([3], [1]) }),
        writeSafetensors(tensors, { more: 'yes' }),
        rewritten(writeSafetensors(tensors), (header) => {
          Object.assign(header.b as object, { dtype: 'I32' });
        }),
        Buffer.concat([writeSafetensors(tensors), Buffer.from('not one')]),
      ];
      expect(new Set(await Promise.all(all.map(hash))).size).toBe(all.length);
    });
  });

  it('of several places changes with each of them and with their order', async () => {
    const [a, b] = [model(), model((_, weights) => weights.writeUInt8(9, 0))];
    const hashes = await Promise.all([[a], [b], [a, b], [b, a], [a, a]].map(modelHash));
    expect(new Set(hashes).size).toBe(5);
    expect(await modelHash([join(a, 'unet', 'weights.bin')])).not.toBe(hashes[0]);
  });
});
