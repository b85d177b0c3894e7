// Pictures as bytes of PNG, JPEG and WebP files.

import { extname } from 'node:path';
import type { LayoutObject, RgbImage } from '@spatiallock/core';
import type { Sharp } from 'sharp';

/** File name extensions by format. */
export const extensions = { png: ['.png'], jpeg: ['.jpg', '.jpeg'], webp: ['.webp'] } as const;

export type PictureFormat = keyof typeof extensions;

/** The extensions of all formats. */
export const pictureExtensions: readonly string[] = Object.values(extensions).flat();

/** The format of a file by its name; PNG for any other name. */
export function formatOf(path: string): PictureFormat {
  const extension = extname(path).toLowerCase();
  const named = (Object.keys(extensions) as PictureFormat[]).find((format) =>
    (extensions[format] as readonly string[]).includes(extension),
  );
  return named ?? 'png';
}

export interface EncodedPicture {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Phrases are hard to read on pictures smaller than this. */
const LEGIBLE_SIDE = 512;

/** Imports sharp when the first picture is there, so that no flag's fault waits for it. */
async function loadSharp() {
  return (await import('sharp')).default;
}

async function open({ data, width, height, channels }: RgbImage): Promise<Sharp> {
  const sharp = await loadSharp();
  return sharp(Buffer.from(data.buffer, data.byteOffset, data.byteLength), {
    raw: { width, height, channels },
  });
}

/** PNG and WebP keep every pixel; JPEG is of high quality, with colours at full resolution. */
function encoded(picture: Sharp, format: PictureFormat): Promise<Buffer> {
  if (format === 'jpeg') return picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
  if (format === 'webp') return picture.webp({ lossless: true }).toBuffer();
  return picture.png({ compressionLevel: 9 }).toBuffer();
}

/** EXIF has room for 64 kB, in letters of up to 4 bytes. */
const LONGEST_NOTE = 15_000;

/** What a file says of its picture, as EXIF: `ImageDescription`, where it is not too long, and `Copyright`. */
export interface PictureNote {
  readonly description?: string;
  readonly licence?: string;
}

export async function encodePicture(
  image: RgbImage,
  format: PictureFormat,
  { description, licence }: PictureNote = {},
): Promise<EncodedPicture> {
  const fields = {
    ...(description === undefined || description.length > LONGEST_NOTE
      ? {}
      : { ImageDescription: description }),
    ...(licence === undefined ? {} : { Copyright: licence }),
  };
  const picture = await open(image);
  const noted = Object.keys(fields).length > 0 ? picture.withExif({ IFD0: fields }) : picture;
  return { bytes: await encoded(noted, format), width: image.width, height: image.height };
}

/** The picture with its objects' boxes and phrases, enlarged by a whole factor until they can be read. */
export async function encodeWithBoxes(
  image: RgbImage,
  format: PictureFormat,
  objects: readonly LayoutObject[],
): Promise<EncodedPicture> {
  // Here, for the report's charts take a third of a second to load.
  const { boxesSvg } = await import('@spatiallock/evaluation/report');
  const factor = Math.max(1, Math.ceil(LEGIBLE_SIDE / Math.max(image.width, image.height)));
  const [width, height] = [image.width * factor, image.height * factor];
  const [sharp, picture] = [await loadSharp(), await open(image)];
  const enlarged = await picture.resize(width, height, { kernel: 'cubic' }).png().toBuffer();
  const overlay = Buffer.from(boxesSvg(objects, width, height));
  const bytes = await encoded(sharp(enlarged).composite([{ input: overlay }]), format);
  return { bytes, width, height };
}
