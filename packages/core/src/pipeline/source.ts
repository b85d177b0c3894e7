// What pictures are painted over: a picture for each layout, and which part of it is painted anew.

import { checkNumber, showValue } from '../checks/index.js';
import { sameShape } from '../graph/shapes.js';
import { sizeOf, type Tensor } from '../graph/tensor.js';
import { isFiniteData } from '../io/finite.js';
import type { RgbImage } from './image.js';
import { checkImage, type Sides } from './imagePlanes.js';

/** A picture, stretched where its size is another; or a float32 tensor [1, channels, height, width] of the size asked for. */
export type SourceImage = RgbImage | Tensor;

/**
 * The picture that is painted over: image, mask and strength, as in diffusers' image-to-image and inpainting
 * pipelines.
 */
export interface SourceOptions {
  /**
   * A picture to start from, of any size; as a tensor [1, 3, H, W] in -1..1. One for all layouts, or a list with one for
   * each. Without `width` and `height` its own size counts, rounded down to the model's step.
   */
  readonly image?: SourceImage | readonly SourceImage[];
  /**
   * What of `image` is painted anew: where the mask is white, or 1 in a tensor [1, 1, H, W]; from half on counts as
   * white. What is black stays, pixel for pixel. `boxes`: all that lies in an object's box. `mask_image` of diffusers.
   */
  readonly mask?: SourceImage | readonly SourceImage[] | 'boxes';
  /**
   * How much of the way from noise is sampled, 0..1: the last floor(strength * steps) steps, at least one. Default 0.8, or
   * 1 with a mask, and then painting starts from noise alone.
   */
  readonly strength?: number;
}

/** A checked source; one entry for each layout. */
export interface Source {
  readonly images: readonly SourceImage[];
  readonly mask?: readonly SourceImage[] | 'boxes';
  readonly strength: number;
  /** Of the first picture. */
  readonly size: Sides;
}

const STRENGTH = { image: 0.8, mask: 1 };

/** Reads the options of a batch of `count`; throws an error that names the option at fault. */
export function checkSource({ image, mask, strength }: SourceOptions, count: number): Source | undefined {
  if (image === undefined) {
    const idle = Object.entries({ mask, strength }).find(([, value]) => value !== undefined);
    if (idle) throw new Error(`${idle[0]}: has no effect without an image to paint over; give image too`);
    return undefined;
  }
  const images = perLayout(image, 'image', 3, count);
  const masks = mask === undefined || mask === 'boxes' ? mask : perLayout(mask, 'mask', 1, count);
  return {
    images,
    ...(masks === undefined ? {} : { mask: masks }),
    strength: checkNumber(strength ?? STRENGTH[mask === undefined ? 'image' : 'mask'], SHARE, 'strength'),
    size: sidesOf(images[0]!),
  };
}

const SHARE = { min: 0, max: 1 };

const ROUNDING = 1e-9;

/** The number of steps that are left out where sampling starts from a picture, as diffusers counts them; `path` names the strength in errors. */
export function skippedSteps(steps: number, strength: number, path = 'strength'): number {
  const share = steps * strength;
  // A strength of 1 / steps, which the error below asks for, may fall short of one step by its last digit.
  const sampled = Math.min(share < 1 && share > 1 - ROUNDING ? 1 : Math.floor(share), steps);
  if (sampled >= 1) return steps - sampled;
  throw new Error(
    `${path}: ${strength} of ${steps} steps leaves none to sample; give at least ${1 / steps}, or more steps`,
  );
}

export const isTensor = (image: SourceImage): image is Tensor => 'shape' in image;

function sidesOf(image: SourceImage): Sides {
  if (!isTensor(image)) return { width: image.width, height: image.height };
  return { height: image.shape[2]!, width: image.shape[3]! };
}

function perLayout(given: unknown, name: string, channels: number, count: number): readonly SourceImage[] {
  if (!Array.isArray(given)) {
    const image = checkSourceImage(given, name, channels);
    return Array.from({ length: count }, () => image);
  }
  if (given.length !== count) {
    throw new Error(`${name}: ${given.length} pictures for ${count} layouts; give one, or one for each`);
  }
  return Array.from(given, (each: unknown, i) => checkSourceImage(each, `${name}[${i}]`, channels));
}

function checkSourceImage(given: unknown, path: string, channels: number): SourceImage {
  if (typeof given !== 'object' || given === null || !('data' in given) || !ArrayBuffer.isView(given.data)) {
    throw new Error(
      `${path}: must be a picture { width, height, channels: 3, data } or a tensor, not ${showValue(given)}`,
    );
  }
  const image = given as SourceImage;
  if (isTensor(image)) return checkTensor(image, path, channels);
  if (image.channels !== 3) throw new Error(`${path}.channels: must be 3, not ${showValue(image.channels)}`);
  checkImage(image, path);
  return image;
}

function checkTensor(image: Tensor, path: string, channels: number): Tensor {
  const [, , height = 0, width = 0] = Array.isArray(image.shape) ? image.shape : [];
  return checkNumbers(image, [1, channels, height, width], path, `[1, ${channels}, height, width]`);
}

/** A float32 tensor of finite numbers in this shape; throws an error that begins with `path`. */
export function checkNumbers(
  given: Tensor,
  shape: readonly number[],
  path: string,
  wanted = `[${shape.join(', ')}]`,
): Tensor {
  const { shape: own, dtype, data } = given ?? {};
  const fits = Array.isArray(own) && sameShape(own, shape) && dtype === 'float32';
  if (!fits || data.length === 0 || data.length !== sizeOf(shape)) {
    throw new Error(
      `${path}: must be ${wanted} of float32, not ${Array.isArray(own) ? `[${own.join(', ')}] of ${dtype}` : showValue(given)}`,
    );
  }
  if (!isFiniteData(data)) throw new Error(`${path}: holds NaN or an infinity`);
  return given;
}
