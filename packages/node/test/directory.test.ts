// Files that are read in parts while others may write to them.

import { appendFile, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileOnDisk } from '@spatiallock/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { directory, isDirectory } from '../src/index.js';

const folder = await mkdtemp(join(tmpdir(), 'spatiallock-directory-'));
afterAll(() => rm(folder, { recursive: true }));
const path = join(folder, 'weights.bin');
const content = Uint8Array.from({ length: 64 }, (_, i) => i);

async function opened(name = 'weights.bin'): Promise<FileOnDisk> {
  const file = await directory(folder).onDisk?.(name);
  if (!file) throw new Error('the file was not found');
  return file;
}

beforeEach(async () => {
  await writeFile(path, content);
  await utimes(path, 1000, 1000);
});

describe('a file on the disk', () => {
  it('is read in parts', async () => {
    const file = await opened();
    expect(file.size).toBe(64);
    expect(file.read(0, 64)).toEqual(content);
    expect(file.read(10, 3)).toEqual(Uint8Array.of(10, 11, 12));
    expect(file.read(64, 0)).toEqual(new Uint8Array(0));
  });

  it('gives memory of its own, that begins at a multiple of 8', async () => {
    const file = await opened();
    const part = file.read(3, 5);
    expect(part.byteOffset % 8).toBe(0);
    part[0] = 99;
    expect(file.read(3, 1)).toEqual(Uint8Array.of(3));
  });

  it('is not there where a folder or nothing is', async () => {
    expect(await directory(folder).onDisk?.('none.bin')).toBeUndefined();
    expect(await directory(folder).onDisk?.('.')).toBeUndefined();
  });

  it('notices that it was written to in place', async () => {
    const file = await opened();
    await writeFile(
      path,
      content.map((each) => each + 1),
    );
    expect(() => file.read(0, 8)).toThrow(`${path}: was replaced while it was in use; load the model again`);
  });

  it('notices that another file took its place, of the same size and time', async () => {
    const file = await opened();
    const other = join(folder, 'other.bin');
    await writeFile(other, content);
    await utimes(other, 1000, 1000);
    await rename(other, path);
    expect(() => file.read(0, 8)).toThrow('was replaced while it was in use');
  });

  it('notices that it became shorter or longer', async () => {
    const file = await opened();
    await appendFile(path, 'more');
    expect(() => file.read(0, 8)).toThrow('was replaced while it was in use');
    await writeFile(path, content);
    const again = await opened();
    await truncate(path, 10);
    expect(() => again.read(0, 64)).toThrow(path);
  });

  it('throws where more is asked for than it holds', async () => {
    const file = await opened();
    expect(() => file.read(60, 8)).toThrow(`${path}: became shorter while it was in use`);
  });

  it('is found behind a link, under its own path', async () => {
    await symlink(path, join(folder, 'link.bin'));
    const file = await opened('link.bin');
    expect(file.path).toBe(path);
    expect(file.read(0, 2)).toEqual(Uint8Array.of(0, 1));
  });
});

it('isDirectory tells folders from files and from nothing', async () => {
  expect([await isDirectory(folder), await isDirectory(path), await isDirectory(join(folder, 'x'))]).toEqual([
    true,
    false,
    false,
  ]);
});
