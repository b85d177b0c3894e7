// Pictures to canvases and files.

import type { Box } from '@spatiallock/core';
import { shortened } from '../text/shortened.js';
import type { Picture } from '../worker/protocol.js';
import { checkPictureFile, type PictureSize } from './pictureSize.js';

export function paint(canvas: HTMLCanvasElement | OffscreenCanvas, picture: Picture): void {
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.putImageData(imageDataOf(picture), 0, 0);
}

/** Pixels of a side of an enlarged picture. */
const ENLARGED = 1024;

/** How many times as large a picture is shown, at most `most`: small ones are stretched, large ones cost memory enough. */
export const scaleOf = ({ width, height }: Pick<Picture, 'width' | 'height'>, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(ENLARGED / Math.max(width, height))));

/** `scale` times as large, without steps between pixels. */
export function paintSmoothly(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  picture: Picture,
  scale: number,
): void {
  const small = new OffscreenCanvas(picture.width, picture.height);
  paint(small, picture);
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

function imageDataOf({ width, height, data }: Picture): ImageData {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    rgba[4 * i] = data[3 * i]!;
    rgba[4 * i + 1] = data[3 * i + 1]!;
    rgba[4 * i + 2] = data[3 * i + 2]!;
    rgba[4 * i + 3] = 255;
  }
  return new ImageData(rgba, width, height);
}

/**
 * A picture of any image file that the browser can show, no side longer than `most`. Rejects where it is none, or too large, with
 * an error that begins with what the file is.
 */
export const readPicture = async (file: Blob, most = 512): Promise<Picture> =>
  (await readScaled(file, most)).picture;

/** The same, with the size that the file's picture has, upright. */
export async function readScaled(
  file: Blob,
  most: number,
): Promise<{ readonly picture: Picture; readonly size: PictureSize }> {
  await checkPictureFile(file);
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new Error('is no picture that this browser can show', { cause });
  });
  const size = { width: bitmap.width, height: bitmap.height };
  const scale = Math.min(1, most / Math.max(size.width, size.height));
  const [width, height] = [size.width, size.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width!, height!);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width!, height!);
  bitmap.close();
  return { picture: pictureIn(context), size };
}

/** What stands on a canvas. */
function pictureIn(context: OffscreenCanvasRenderingContext2D): Picture {
  const { width, height } = context.canvas;
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8ClampedArray(3 * width * height);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, channels: 3, data };
}

/** The middle of a picture as a square of `side` pixels; one of that size is left as it is. */
export function squareOf(picture: Picture, side: number): Picture {
  const { width, height } = picture;
  if (width === side && height === side) return picture;
  const whole = new OffscreenCanvas(width, height);
  paint(whole, picture);
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  const least = Math.min(width, height);
  context.drawImage(whole, (width - least) / 2, (height - least) / 2, least, least, 0, 0, side, side);
  return pictureIn(context);
}

export async function pngOf(picture: Picture): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  paint(canvas, picture);
  return canvas.convertToBlob({ type: 'image/png' });
}

export interface Annotation {
  readonly label: string;
  readonly box: Box;
  readonly colour: string;
  /** Drawn with a broken line. */
  readonly seen?: boolean;
}

const ANNOTATED_SIDE = 1024;

/** The picture enlarged, with boxes and their labels drawn over it. */
export async function annotatedPng(picture: Picture, annotations: readonly Annotation[]): Promise<Blob> {
  const scale = ANNOTATED_SIDE / Math.max(picture.width, picture.height);
  const canvas = new OffscreenCanvas(1, 1);
  paintSmoothly(canvas, picture, scale);
  const context = canvas.getContext('2d')!;
  for (const annotation of annotations) annotate(context, annotation, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/png' });
}

function annotate(
  context: OffscreenCanvasRenderingContext2D,
  { label, box: [x0, y0, x1, y1], colour, seen = false }: Annotation,
  width: number,
  height: number,
): void {
  const [left, top] = [x0 * width, y0 * height];
  context.lineWidth = seen ? 3 : 6;
  context.strokeStyle = seen ? '#ffffff' : colour;
  context.setLineDash(seen ? [12, 8] : []);
  context.strokeRect(left, top, (x1 - x0) * width, (y1 - y0) * height);
  context.setLineDash([]);
  context.font = '600 26px Inter, system-ui, sans-serif';
  context.textBaseline = 'middle';
  const text = shortened(label);
  const tag = context.measureText(text).width + 24;
  const tagLeft = Math.max(0, Math.min(left, width - tag));
  const tagTop = seen ? Math.min(y1 * height, height - 42) : top >= 42 ? top - 42 : top;
  context.fillStyle = seen ? 'rgb(255 255 255 / 85%)' : colour;
  context.fillRect(tagLeft, tagTop, tag, 42);
  context.fillStyle = '#101014';
  context.fillText(text, tagLeft + 12, tagTop + 22);
}

/** Offers a file to be saved. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function downloadJson(name: string, value: unknown): void {
  download(name, new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' }));
}
