// Pictures as PNG and WebP bytes.

import type { LayoutObject } from '@spatiallock/core';
import type { RgbImage } from '@spatiallock/detectors';
import sharp, { type Sharp } from 'sharp';
import { boxesSvg } from './overlay.js';

export interface EncodedPicture {
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Phrases are hard to read on pictures smaller than this. */
const LEGIBLE_SIDE = 512;

function open({ data, width, height, channels }: RgbImage): Sharp {
  return sharp(Buffer.from(data.buffer, data.byteOffset, data.byteLength), {
    raw: { width, height, channels },
  });
}

export async function encodePng(image: RgbImage): Promise<EncodedPicture> {
  const png = await open(image).png({ compressionLevel: 9 }).toBuffer();
  return { png, width: image.width, height: image.height };
}

/** The picture with its objects' boxes and phrases, enlarged by a whole factor until they can be read. */
export async function encodePngWithBoxes(
  image: RgbImage,
  objects: readonly LayoutObject[],
): Promise<EncodedPicture> {
  const factor = Math.max(1, Math.ceil(LEGIBLE_SIDE / Math.max(image.width, image.height)));
  const [width, height] = [image.width * factor, image.height * factor];
  const enlarged = await open(image).resize(width, height, { kernel: 'cubic' }).png().toBuffer();
  const overlay = Buffer.from(boxesSvg(objects, width, height));
  const png = await sharp(enlarged)
    .composite([{ input: overlay }])
    .png({ compressionLevel: 9 })
    .toBuffer();
  return { png, width, height };
}

/** A small file for web pages. */
export async function webpDataUri(image: RgbImage): Promise<string> {
  const bytes = await open(image).webp({ quality: 88 }).toBuffer();
  return `data:image/webp;base64,${bytes.toString('base64')}`;
}
