// The control image: 8-bit pixels, as a layout or an option of a call gives them.

import { type Tensor, tensor } from '@spatiallock/core';
import { checkKeys, checkWhole, showValue } from '@spatiallock/core/checks';
import { type ControlNetConfig, imageFactor } from './config.js';

/** An 8-bit picture: rows from the top, `data[(y * width + x) * channels + channel]`. A `RgbImage` is one. */
export interface ControlImage {
  readonly width: number;
  readonly height: number;
  /** As the network's `conditioning_channels` says, 3 as a rule: red, green, blue. */
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Reads a picture by the text that a layout gives for it, such as a path or an address. */
export type ReadControlImage = (name: string) => Promise<ControlImage> | ControlImage;

declare module '@spatiallock/core' {
  interface Layout {
    /** The control image, for the plugin `controlnet` under its default name; text where the plugin has `readImage`. */
    readonly control?: ControlImage | string;
  }
}

/** The largest side of an image. */
const MOST_PIXELS = 8192;
const FIELDS = ['width', 'height', 'channels', 'data'];

/** A picture of as many channels as the network reads; throws an error that begins with `path`. */
export function parseControlImage(
  given: unknown,
  path: string,
  { conditioning_channels: wanted }: ControlNetConfig,
): ControlImage {
  const { width, height, channels, data } = checkKeys(given, FIELDS, path);
  const side = { min: 1, max: MOST_PIXELS };
  const image = {
    width: checkWhole(width, side, `${path}.width`),
    height: checkWhole(height, side, `${path}.height`),
    channels: wanted,
  };
  if (channels !== wanted) {
    throw new Error(
      `${path}.channels: must be ${wanted}, as the network's conditioning_channels, not ${showValue(channels)}`,
    );
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new Error(`${path}.data: must be a Uint8Array or a Uint8ClampedArray, not ${showValue(data)}`);
  }
  const size = image.width * image.height * image.channels;
  if (data.length === size) return { ...image, data };
  throw new Error(
    `${path}.data: has ${data.length} numbers, but ${image.width} x ${image.height} pixels of ${image.channels} channels need ${size}`,
  );
}

/** Throws, naming `path`, where an image has another size than latents of `height` x `width` ask for. */
export function requireSize(
  image: ControlImage,
  { height, width }: { readonly height: number; readonly width: number },
  factor: number,
  path: string,
): void {
  if (image.width === width * factor && image.height === height * factor) return;
  throw new Error(
    `${path}: is ${image.width} x ${image.height} pixels, but must be ${width * factor} x ${height * factor}; resize it first`,
  );
}

/**
 * Images as the network reads them: [N, channels, height * factor, width * factor] in 0..1. Rows without one are zeros.
 */
export function imageTensor(
  images: readonly (ControlImage | undefined)[],
  { height, width }: { readonly height: number; readonly width: number },
  config: ControlNetConfig,
): Tensor {
  const channels = config.conditioning_channels;
  const factor = imageFactor(config);
  const plane = height * factor * width * factor;
  const data = new Float32Array(images.length * channels * plane);
  const reversed = config.controlnet_conditioning_channel_order === 'bgr';
  images.forEach((image, row) => {
    if (!image) return;
    for (let channel = 0; channel < channels; channel++) {
      const from = reversed ? channels - 1 - channel : channel;
      const at = (row * channels + channel) * plane;
      for (let i = 0; i < plane; i++) data[at + i] = image.data[i * channels + from] / 255;
    }
  });
  return tensor(data, [images.length, channels, height * factor, width * factor]);
}
