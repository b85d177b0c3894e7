import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceBackend } from '@spatiallock/core';
import sharp, { type Sharp } from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import {
  checkPicture,
  directory,
  encodePng,
  fromPretrained,
  imageSize,
  MAX_PIXELS,
  type RgbImage,
  readImage,
  readImageCrop,
  readTextFile,
  writePng,
} from '../src/index.js';

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
    await expect(fromPretrained(path, { backend })).rejects.toThrow(
      `${path}: there is no such file or folder`,
    );
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

describe('pictures of all kinds', () => {
  const place = join(folder, 'kinds');
  const plain = () => sharp({ create: { width: 40, height: 30, channels: 4, background: '#c86432' } });
  const solid = () => plain().removeAlpha();
  const kinds: readonly (readonly [string, () => Sharp])[] = [
    ['rgb.png', () => solid().png()],
    ['alpha.png', () => plain().png()],
    ['palette.png', () => solid().png({ palette: true })],
    ['sixteen.png', () => solid().toColourspace('rgb16').png()],
    ['UPPER.JPG', () => solid().jpeg()],
    ['cmyk.jpeg', () => solid().toColourspace('cmyk').jpeg()],
    ['a.webp', () => plain().webp()],
    ['a.gif', () => plain().gif()],
    ['a.tif', () => solid().tiff()],
  ];

  it.each(kinds)('%s is read as three bytes a pixel, whole and in part', async (name, make) => {
    await mkdir(place, { recursive: true });
    const path = join(place, name);
    await writeFile(path, await make().toBuffer());
    const { data, ...size } = await readImage(path);
    expect(size).toEqual({ width: 40, height: 30, channels: 3 });
    expect(data).toHaveLength(3 * 40 * 30);
    const far = Math.max(...[0xc8, 0x64, 0x32].map((value, c) => Math.abs(data[c]! - value)));
    expect(far).toBeLessThan(name.startsWith('cmyk') ? 60 : 4);
    const crop = { left: 3, top: 2, width: 20, height: 10, flip: true, size: { width: 8, height: 8 } };
    expect((await readImageCrop(path, crop)).data).toHaveLength(3 * 64);
    await checkPicture(path);
  });

  it('grey ones have three equal channels', async () => {
    const path = join(place, 'grey.png');
    await writeFile(path, await solid().toColourspace('b-w').png().toBuffer());
    const { data } = await readImage(path);
    expect(data).toHaveLength(3 * 40 * 30);
    expect(data[0]).toBe(data[1]);
  });

  it('of too many pixels are refused before they are decoded, wherever pictures are read', async () => {
    // A flat picture of 100,010,000 pixels is a file of 300 kB.
    const path = join(place, 'bomb.png');
    const flat = sharp({ create: { width: 10_001, height: 10_000, channels: 3, background: '#000' } });
    await writeFile(path, await flat.png({ compressionLevel: 1 }).toBuffer());
    const message = `${path}: 10001 x 10000 pixels are too many, at most ${MAX_PIXELS} are read; make it smaller`;
    const crop = { left: 0, top: 0, width: 8, height: 8, flip: false, size: { width: 8, height: 8 } };
    const before = process.memoryUsage().rss;
    await expect(readImage(path)).rejects.toThrow(message);
    await expect(readImageCrop(path, crop)).rejects.toThrow(message);
    await expect(checkPicture(path)).rejects.toThrow(message);
    await expect(imageSize(path)).rejects.toThrow(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  }, 120_000);

  it.each([
    ['an empty file', '', 'is empty'],
    ['a text', 'no picture', 'cannot be read as a picture (damaged or of another format); give a PNG, JPEG'],
    [
      'a drawing',
      '<svg xmlns="http://www.w3.org/2000/svg" width="6" height="4"/>',
      'is a file of the format svg; give a PNG, JPEG, WebP, GIF, TIFF or AVIF',
    ],
  ])('%s is named', async (_, content, why) => {
    const path = join(place, 'bad.png');
    await writeFile(path, content);
    await expect(readImage(path)).rejects.toThrow(`${path}: `);
    await expect(checkPicture(path)).rejects.toThrow(why);
  });

  it('cut short are refused, a folder and a missing file are named', async () => {
    const noise = sharp({
      create: {
        width: 90,
        height: 60,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    for (const bytes of [await noise.clone().jpeg().toBuffer(), await noise.clone().png().toBuffer()]) {
      const path = join(place, 'short');
      await writeFile(path, bytes.subarray(0, bytes.length * 0.7));
      const damaged = `${path}: cannot be read as a picture (damaged or of another format); give a PNG`;
      await expect(checkPicture(path)).rejects.toThrow(damaged);
      await expect(readImage(path)).rejects.toThrow(damaged);
      const { cause } = await readImage(path).catch((error) => error);
      expect(cause).toBeInstanceOf(Error);
    }
    await expect(readImage(place)).rejects.toThrow(`${place}: is a folder, not a picture`);
    await expect(readImage(join(place, 'none.png'))).rejects.toThrow('none.png: there is no such file');
  });
});

describe('text files', () => {
  const text = '{"é": "猫"}';
  const utf16 = (mark: string): Buffer => Buffer.from(mark + text, 'utf16le');
  const wide = Buffer.from(Uint32Array.from(text, (letter) => letter.codePointAt(0)!).buffer);

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 behind a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 of Windows', utf16('\ufeff')],
    ['UTF-16 without a mark', utf16('')],
    ['big-endian UTF-16', utf16('\ufeff').swap16()],
    ['big-endian UTF-16 without a mark', utf16('').swap16()],
  ])('in %s are read', async (_, content) => {
    const path = join(folder, 'text.json');
    await writeFile(path, content);
    expect(await readTextFile(path)).toBe(text);
  });

  it.each([
    ['UTF-32 behind a mark', Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), wide]), 'is UTF-32 text'],
    ['UTF-32', wide, 'is UTF-32 text'],
    ['big-endian UTF-32', Buffer.from(wide).swap32(), 'is UTF-32 text'],
    ['Latin-1', Buffer.from(text, 'latin1'), 'is not UTF-8 text'],
    ['half a letter', utf16('\ufeff').subarray(0, -1), 'is not UTF-16LE text'],
  ])('in %s are refused by name', async (_, content, why) => {
    const path = join(folder, 'text.json');
    await writeFile(path, content);
    await expect(readTextFile(path)).rejects.toThrow(`${path}: ${why}; save it as UTF-8`);
  });
});
