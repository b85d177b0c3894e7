// Pictures to and from files, through sharp.

import type { RgbImage } from '@spatiallock/core';
import { messageOf } from '@spatiallock/core';
import type Sharp from 'sharp';
import packageJson from '../package.json' with { type: 'json' };
import { writeFileAtomically } from './atomicFile.js';

/** The bytes of a PNG file. */
export async function encodePng({ data, width, height, channels }: RgbImage): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** Writes a PNG file; a kill leaves no half-written one. */
export async function writePng(path: string, image: RgbImage): Promise<void> {
  await writeFileAtomically(path, await encodePng(image));
}

/** Reads a PNG, JPEG or WebP file as 8-bit sRGB, upright; what is transparent becomes black. */
export async function readImage(path: string): Promise<RgbImage> {
  const sharp = await loadSharp();
  try {
    const upright = sharp(path).rotate().toColourspace('srgb').flatten({ background: '#000000' });
    const { data, info } = await upright.removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return { width, height, channels: 3, data: new Uint8ClampedArray(data) };
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Width and height in pixels as `readImage` would give them, from the file's head alone. */
export async function imageSize(path: string): Promise<{ readonly width: number; readonly height: number }> {
  const sharp = await loadSharp();
  try {
    const { autoOrient } = await sharp(path).metadata();
    return autoOrient;
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/** A part of a picture, and what is made of it. */
export interface ImageCrop {
  /** Whole pixels of the upright picture. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Mirrors left and right. */
  readonly flip: boolean;
  /** Pixels that the part is stretched to. */
  readonly size: { readonly width: number; readonly height: number };
}

/** As `readImage`, for a part of the picture. */
export async function readImageCrop(path: string, crop: ImageCrop): Promise<RgbImage> {
  const sharp = await loadSharp();
  const { left, top, width, height, flip, size } = crop;
  try {
    const whole = sharp(path).rotate().toColourspace('srgb').flatten({ background: '#000000' }).removeAlpha();
    const part = whole.extract({ left, top, width, height }).resize(size.width, size.height, { fit: 'fill' });
    const data = await (flip ? part.flop() : part).raw().toBuffer();
    return { ...size, channels: 3, data: new Uint8ClampedArray(data) };
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}

async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const { sharp: range } = packageJson.peerDependencies;
    throw new Error(`sharp could not be loaded; install it with \`npm install "sharp@${range}"\``, { cause });
  }
}
