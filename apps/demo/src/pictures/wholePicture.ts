// Pictures out of whatever was kept.

import type { Picture } from '../worker/protocol.js';

/** A kept value as a picture, if it is one whose pixels are all there. */
export function wholePicture(given: unknown): Picture | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { width, height, data } = given as Partial<Record<keyof Picture, unknown>>;
  if (!isSide(width) || !isSide(height) || !(data instanceof Uint8ClampedArray)) return undefined;
  if (data.length !== 3 * width * height) return undefined;
  return { width, height, channels: 3, data: data as Picture['data'] };
}

const isSide = (given: unknown): given is number => Number.isInteger(given) && (given as number) > 0;
