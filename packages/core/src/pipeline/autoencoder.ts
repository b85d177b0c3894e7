// The autoencoders that a model directory may hold, seen alike.

import { add, divide, multiply, subtract } from '../graph/elementwise.js';
import { sameShape } from '../graph/shapes.js';
import { type Graph, input, type Value } from '../graph/value.js';
import { decodeDc, encodeDc } from '../models/autoencoderDc.js';
import { parseAutoencoderDcConfig } from '../models/autoencoderDcConfig.js';
import * as autoencoderKl from '../models/autoencoderKl.js';
import { parseAutoencoderKlConfig } from '../models/autoencoderKlConfig.js';
import * as autoencoderTiny from '../models/autoencoderTiny.js';
import {
  autoencoderDcSizes,
  autoencoderKlSizes,
  autoencoderTinySizes,
  type ConfigSize,
} from '../models/configSizes.js';
import { parameterStore, type Scope } from '../nn/scope.js';

/** An autoencoder as the pipeline uses it, whatever its class. */
export interface LatentAutoencoder {
  readonly latentChannels: number;
  /** Pixels per side of a latent. */
  readonly factor: number;
  /** Residual blocks of the decoder. */
  readonly blocks: number;
  /** What the weights must agree with, those of the encoder too where they are there. */
  readonly sizes: readonly ConfigSize[];
  /** Latents as the U-Net sees them, [N, C, h, w], to pictures [N, 3, h * factor, w * factor] in -1..1. */
  decode(scope: Scope, latents: Value): Value;
  /** Pictures [N, 3, H, W] in -1..1 to latents as the U-Net sees them: the mean, where the class has a distribution. */
  encode(scope: Scope, image: Value): Value;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const readers: Readonly<Record<string, (json: unknown) => LatentAutoencoder>> = {
  AutoencoderKL(json) {
    const config = parseAutoencoderKlConfig(json);
    return {
      latentChannels: config.latent_channels,
      factor: 2 ** (config.block_out_channels.length - 1),
      blocks: config.block_out_channels.length * (config.layers_per_block + 1),
      sizes: autoencoderKlSizes(config),
      decode: (scope, latents) =>
        autoencoderKl.decode(scope, config, add(divide(latents, config.scaling_factor), config.shift_factor)),
      encode(scope, image) {
        const { mean } = autoencoderKl.encode(scope, config, image);
        return multiply(subtract(mean, config.shift_factor), config.scaling_factor);
      },
    };
  },
  AutoencoderTiny(json) {
    const config = parseAutoencoderTinyConfig(json);
    const stages = config.decoder_block_out_channels.length;
    return {
      latentChannels: config.latent_channels,
      factor: config.upsampling_scaling_factor ** (stages - 1),
      blocks: total(config.num_decoder_blocks),
      sizes: autoencoderTinySizes(config),
      decode: (scope, latents) =>
        autoencoderTiny.decode(scope, config, divide(latents, config.scaling_factor)),
      encode: (scope, image) => multiply(autoencoderTiny.encode(scope, config, image), config.scaling_factor),
    };
  },
  AutoencoderDC(json) {
    const config = parseAutoencoderDcConfig(json);
    return {
      latentChannels: config.latent_channels,
      factor: 2 ** (config.decoder_block_out_channels.length - 1),
      blocks: total(config.decoder_layers_per_block),
      sizes: autoencoderDcSizes(config),
      decode: (scope, latents) => decodeDc(scope, config, divide(latents, config.scaling_factor)),
      encode: (scope, image) => multiply(encodeDc(scope, config, image), config.scaling_factor),
    };
  },
};

const { parseAutoencoderTinyConfig } = autoencoderTiny;

/** Classes of diffusers that `latentAutoencoder` knows. */
export const autoencoderNames: readonly string[] = Object.keys(readers);

/** The autoencoder that a config.json of the class `className` describes; throws where a setting is not supported. */
export function latentAutoencoder(className: string, json: unknown): LatentAutoencoder {
  const read = Object.hasOwn(readers, className) ? readers[className] : undefined;
  if (!read) throw new Error(`vae: ${className} is not known; known are ${autoencoderNames.join(', ')}`);
  return read(json);
}

/** The decoder's graph: `latents` [1, C, height, width] to `image`. */
export function decoderGraph(decoder: LatentAutoencoder, height: number, width: number): Graph {
  const store = parameterStore();
  const latents = input('latents', [1, decoder.latentChannels, height, width]);
  const image = decoder.decode(store.scope, latents);
  return { inputs: { latents }, params: store.params, outputs: { image } };
}

/** The encoder's graph: `image` [1, 3, H, W] to `latents` [1, C, height, width]; the sides are those of the latents. */
export function encoderGraph(autoencoder: LatentAutoencoder, height: number, width: number): Graph {
  const store = parameterStore();
  const image = input('image', [1, 3, height * autoencoder.factor, width * autoencoder.factor]);
  const latents = autoencoder.encode(store.scope, image);
  const wanted = [1, autoencoder.latentChannels, height, width];
  if (!sameShape(latents.shape, wanted)) {
    throw new Error(
      `vae: encodes to [${latents.shape.join(', ')}] what it decodes from [${wanted.join(', ')}]; pictures cannot be read with it`,
    );
  }
  return { inputs: { image }, params: store.params, outputs: { latents } };
}
