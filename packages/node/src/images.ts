// Pictures to and from files, through sharp.

import { open, stat } from 'node:fs/promises';
import { messageOf, type RgbImage } from '@spatiallock/core';
import { checkImage, checkObject, checkWhole } from '@spatiallock/core/checks';
import type { Sharp as Picture, default as Sharp } from 'sharp';
import packageJson from '../package.json' with { type: 'json' };
import { writeFileAtomically } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { codeOf } from './fileFault.js';

/** The bytes of a PNG file. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  checkImage(image);
  const { data, width, height, channels } = image;
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** A data URI of the picture as a small WebP file, lossy at quality 88, for web pages. */
export async function webpDataUri(image: RgbImage): Promise<string> {
  checkImage(image);
  const { data, width, height, channels } = image;
  const sharp = await loadSharp();
  const bytes = await sharp(data, { raw: { width, height, channels } }).webp({ quality: 88 }).toBuffer();
  return `data:image/webp;base64,${bytes.toString('base64')}`;
}

/** Writes a PNG file; a kill leaves no half-written one. */
export async function writePng(path: string, image: RgbImage): Promise<void> {
  checkPath(path, 'path', 'the path of a file');
  await writeFileAtomically(path, await encodePng(image));
}

const PIXELS = { min: 1, max: 1e6 };

/** Pixels of the largest picture that is read, a square of 10,000. A small file may claim any number of them. */
export const MAX_PIXELS = 100_000_000;

/**
 * Reads a PNG, JPEG, WebP, GIF, TIFF or AVIF file as 8-bit sRGB, upright; what is transparent becomes black, and of an
 * animation the first picture is taken. Rejects with an error that names the file where it is none of these, damaged,
 * or of more than `MAX_PIXELS`.
 */
export async function readImage(path: string): Promise<RgbImage> {
  checkPath(path, 'path', 'the path of a picture');
  return reading(path, async (whole) => {
    const { data, info } = await whole.raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return {
      width,
      height,
      channels: 3,
      data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length),
    };
  });
}

/** Width and height in pixels as `readImage` would give them, from the file's head alone. */
export async function imageSize(path: string): Promise<{ readonly width: number; readonly height: number }> {
  checkPath(path, 'path', 'the path of a picture');
  return (await pictureHead(path)).upright;
}

/** What libvips calls them; it reads drawings, too, whose few bytes may ask for any amount of work. */
const FORMATS: readonly string[] = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif'];

const READ = 'give a PNG, JPEG, WebP, GIF, TIFF or AVIF';

/** What a file's head tells of its picture. */
export interface PictureHead {
  /** Pixels as `readImage` gives them. */
  readonly upright: { readonly width: number; readonly height: number };
  /** How the camera was held, by EXIF: 1 upright, 2 to 8 mirrored or turned. */
  readonly orientation: number;
}

/** Reads the head alone; rejects as `readImage` does. */
export async function pictureHead(path: string): Promise<PictureHead> {
  checkPath(path, 'path', 'the path of a picture');
  const sharp = await loadSharp();
  return namingPicture(path, async () => {
    const {
      autoOrient: upright,
      orientation = 1,
      format,
    } = await sharp(path, {
      limitInputPixels: false,
    }).metadata();
    if (!FORMATS.includes(format)) {
      throw new PictureFault(`is a file of the format ${format}; ${READ}`);
    }
    requireReadable(upright);
    return { upright, orientation };
  });
}

/** Decodes a picture as small as the format allows: rejects where `readImage` would, and costs less. */
export async function checkPicture(path: string): Promise<void> {
  checkPath(path, 'path', 'the path of a picture');
  await reading(path, (whole) => whole.resize(8, 8, { fit: 'fill' }).raw().toBuffer());
}

function checkCrop(crop: unknown): void {
  const { left, top, width, height, size } = checkObject(crop, 'crop');
  const sides = checkObject(size, 'crop.size');
  for (const [name, value] of Object.entries({ left, top }))
    checkWhole(value, { ...PIXELS, min: 0 }, `crop.${name}`);
  for (const [name, value] of Object.entries({ width, height })) checkWhole(value, PIXELS, `crop.${name}`);
  for (const name of ['width', 'height']) checkWhole(sides[name], PIXELS, `crop.size.${name}`);
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
  checkPath(path, 'path', 'the path of a picture');
  checkCrop(crop);
  const { left, top, width, height, flip, size } = crop;
  return reading(path, async (whole) => {
    const part = whole.extract({ left, top, width, height }).resize(size.width, size.height, { fit: 'fill' });
    const data = await (flip ? part.flop() : part).raw().toBuffer();
    return { ...size, channels: 3, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) };
  });
}

const OPEN = { limitInputPixels: MAX_PIXELS } as const;

/** Works on a picture in the form that `readImage` gives; errors name the file. */
async function reading<T>(path: string, work: (whole: Picture) => Promise<T>): Promise<T> {
  const sharp = await loadSharp();
  // The head first: libvips says of too many pixels neither how many there are nor how many may be.
  await pictureHead(path);
  return namingPicture(path, () =>
    work(sharp(path, OPEN).rotate().toColourspace('srgb').flatten({ background: '#000000' }).removeAlpha()),
  );
}

function requireReadable({ width, height }: PictureHead['upright']): void {
  if (width * height <= MAX_PIXELS) return;
  throw new PictureFault(
    `${width} x ${height} pixels are too many, at most ${MAX_PIXELS} are read; make it smaller`,
  );
}

/** What is at fault in our own words; the codecs' are for programmers, and differ by format. */
class PictureFault extends Error {}

async function namingPicture<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`${path}: ${await pictureFault(path, cause)}`, { cause });
  }
}

async function pictureFault(path: string, cause: unknown): Promise<string> {
  // A part that lies outside of the picture is the caller's fault, and none of the file.
  if (cause instanceof PictureFault || /^extract_area/.test(messageOf(cause))) return messageOf(cause);
  try {
    if ((await stat(path)).isDirectory()) return 'is a folder, not a picture';
    const file = await open(path);
    const { size } = await file.stat().finally(() => file.close());
    return size === 0 ? 'is empty' : `cannot be read as a picture (damaged or of another format); ${READ}`;
  } catch (fault) {
    return codeOf(fault) === 'ENOENT' ? 'there is no such file' : `cannot be read (${codeOf(fault)})`;
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
