import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceBackend } from '@spatiallock/core';
import { afterAll, describe, expect, it } from 'vitest';
import { directory, encodePng, fromPretrained, type RgbImage, readImage, writePng } from '../src/index.js';

const folder = await mkdtemp(join(tmpdir(), 'spatiallock-node-'));
afterAll(() => rm(folder, { recursive: true }));

const bytes = Uint8Array.of(1, 2, 3);

describe('directory', () => {
  const files = directory(join(folder, 'model'));

  it('reads what it wrote, and leaves nothing else', async () => {
    await files.write('unet/a.bin', bytes);
    await files.write('unet/a.bin', Uint8Array.of(4));
    expect(await files.read('unet/a.bin')).toEqual(Uint8Array.of(4));
    expect(await readdir(join(folder, 'model', 'unet'))).toEqual(['a.bin']);
  });

  it('tells missing files from folders', async () => {
    expect(await files.read('unet/b.bin')).toBeUndefined();
    expect(await files.read('unet/a.bin/c')).toBeUndefined();
    expect([
      await files.exists?.('unet/a.bin'),
      await files.exists?.('unet'),
      await files.exists?.('x'),
    ]).toEqual([true, false, false]);
    await expect(files.read('unet')).rejects.toThrow();
  });

  it.each(['../secret', 'unet/../../secret', '/etc/passwd', '..'])('refuses %s', async (path) => {
    await expect(files.read(path)).rejects.toThrow('leads out of the folder');
    await expect(files.write(path, bytes)).rejects.toThrow('leads out of the folder');
  });
});

describe('pictures', () => {
  const image: RgbImage = {
    width: 2,
    height: 1,
    channels: 3,
    data: Uint8ClampedArray.of(255, 0, 7, 1, 128, 254),
  };

  it('survive a PNG file', async () => {
    const path = join(folder, 'out', 'picture.png');
    await writePng(path, image);
    expect(await readImage(path)).toEqual(image);
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(await encodePng(image)));
    expect(await readdir(join(folder, 'out'))).toEqual(['picture.png']);
  });

  it('name the file that is none', async () => {
    const path = join(folder, 'text.png');
    await writeFile(path, 'no picture');
    await expect(readImage(path)).rejects.toThrow(path);
  });
});

describe('fromPretrained', () => {
  const backend = referenceBackend();

  it('names the folder that is missing', async () => {
    const path = join(folder, 'nowhere');
    await expect(fromPretrained(path, { backend })).rejects.toThrow(`${path}: there is no such folder`);
  });

  it('names the file that is missing, and where', async () => {
    await expect(fromPretrained(folder, { backend })).rejects.toThrow(
      `${folder}: model_index.json is missing`,
    );
  });

  it('takes other sources of files', async () => {
    const read = async () => undefined;
    await expect(fromPretrained({ read }, { backend })).rejects.toThrow(/^model_index.json is missing$/);
  });
});
