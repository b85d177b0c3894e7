// Pictures as files: what each format keeps.

import { random } from '@spatiallock/core/nn';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePicture, encodeWithBoxes, type PictureFormat } from '../src/picture.js';

const [WIDTH, HEIGHT] = [33, 20];
const rng = random(3);
const image = {
  ...{ width: WIDTH, height: HEIGHT, channels: 3 as const },
  data: Uint8ClampedArray.from({ length: 3 * WIDTH * HEIGHT }, () => rng.int(256)),
};
const pixelsOf = async (bytes: Buffer) => [...(await sharp(bytes).removeAlpha().raw().toBuffer())];

describe('a picture', () => {
  it.each<PictureFormat>(['png', 'webp'])('as %s keeps every pixel', async (format) => {
    const { bytes, width, height } = await encodePicture(image, format);
    expect([width, height, (await sharp(bytes).metadata()).format]).toEqual([WIDTH, HEIGHT, format]);
    expect(await pixelsOf(bytes)).toEqual([...image.data]);
  });

  it('as JPEG keeps its colours at full resolution, and noise to a few levels', async () => {
    const { bytes } = await encodePicture(image, 'jpeg');
    const { format, chromaSubsampling } = await sharp(bytes).metadata();
    expect([format, chromaSubsampling]).toEqual(['jpeg', '4:4:4']);
    const pixels = await pixelsOf(bytes);
    const mean = pixels.reduce((sum, value, i) => sum + Math.abs(value - image.data[i]!), 0) / pixels.length;
    expect(mean).toBeLessThan(4);
  });

  it.each([
    [33, 20, 16],
    [512, 200, 1],
    [100, 511, 2],
  ])('of %i x %i is enlarged %i times under boxes', async (wide, high, factor) => {
    const plain = { width: wide, height: high, channels: 3 as const };
    const data = new Uint8ClampedArray(3 * wide * high).fill(90);
    const objects = [{ phrase: 'a dog', box: [0.25, 0.25, 0.75, 0.75] as const }];
    const { bytes, width, height } = await encodeWithBoxes({ ...plain, data }, 'png', objects);
    expect([width, height]).toEqual([wide * factor, high * factor]);
    const pixels = await pixelsOf(bytes);
    expect(pixels).toHaveLength(3 * width * height);
    const at = (x: number, y: number) => pixels[3 * (Math.floor(y * height) * width + Math.floor(x * width))];
    // The corners of the picture are as before; the box's edge is drawn.
    expect([at(0.01, 0.99), at(0.99, 0.99)]).toEqual([90, 90]);
    expect(pixels.some((value) => value !== 90)).toBe(true);
  });
});
