// Published weights of an autoencoder in a deeper one, which then computes what the shallower one did.

import { input, parameterStore, type Tensors } from '@spatiallock/core';
import { type AutoencoderDcConfig, decodeDc, encodeDc } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { IMAGE_SIZE } from './settings.js';

/** Of new blocks' convolutions. */
const SEED = 8;
const DOWNSAMPLER = /^(encoder\.down_blocks\.(\d+))\.\d+(\.conv\..+)$/;

/**
 * Weights for every parameter of `config`: those of `given`, and blocks that begin as the identity where `config` has
 * more of them. A stage's downsampler is numbered after its blocks, so it moves behind the new ones.
 */
export function deeperAutoencoder(given: Tensors, config: AutoencoderDcConfig): Tensors {
  const { scope, params } = parameterStore();
  const image = input('image', [1, 3, IMAGE_SIZE, IMAGE_SIZE]);
  decodeDc(scope, config, encodeDc(scope, config, image));
  const moved = Object.entries(given).map(([name, value]) => [movedName(name, config), value] as const);
  return { ...initialise(params, SEED), ...Object.fromEntries(moved) };
}

function movedName(name: string, { encoder_layers_per_block: layers }: AutoencoderDcConfig): string {
  return name.replace(
    DOWNSAMPLER,
    (_, stage: string, at: string, rest: string) => `${stage}.${layers[Number(at)]}${rest}`,
  );
}
