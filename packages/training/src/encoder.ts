// Pictures to latents, for every autoencoder that a pipeline can decode with.

import { multiply, type Scope, subtract, type Value } from '@spatiallock/core';
import type { JsonObject } from '@spatiallock/core/io';
import {
  autoencoderKl,
  autoencoderTiny,
  encodeDc,
  parseAutoencoderDcConfig,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
} from '@spatiallock/core/models';

/** image [N, 3, H, W] in -1..1 to latents as the U-Net sees them. */
export type LatentEncoder = (scope: Scope, image: Value) => Value;

const readers: Readonly<Record<string, (json: JsonObject) => LatentEncoder>> = {
  AutoencoderKL(json) {
    const config = parseAutoencoderKlConfig(json);
    // The mean stands for the distribution: its deviation is far below the noise that training adds.
    return (scope, image) => {
      const { mean } = autoencoderKl.encode(scope, config, image);
      return multiply(subtract(mean, config.shift_factor), config.scaling_factor);
    };
  },
  AutoencoderTiny(json) {
    const config = parseAutoencoderTinyConfig(json);
    return (scope, image) => multiply(autoencoderTiny.encode(scope, config, image), config.scaling_factor);
  },
  AutoencoderDC(json) {
    const config = parseAutoencoderDcConfig(json);
    return (scope, image) => multiply(encodeDc(scope, config, image), config.scaling_factor);
  },
};

/** The counterpart of core's `latentDecoder`; throws where the class is not known. */
export function latentEncoder(className: string, json: JsonObject): LatentEncoder {
  const read = Object.hasOwn(readers, className) ? readers[className] : undefined;
  if (!read) throw new Error(`vae: ${className} is not known; known are ${Object.keys(readers).join(', ')}`);
  return read(json);
}
