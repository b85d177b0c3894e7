// Opens ControlNetModel directories.

import { type FileSource, input, parameterStore, type Tensors } from '@spatiallock/core';
import { readComponentConfig, readWeights } from '@spatiallock/core/io';
import {
  type ConfigSize,
  checkConfigSizes,
  checkLayerCount,
  checkParams,
  unetEncoderLayers,
  unetEncoderSizes,
} from '@spatiallock/core/models';
import { type ControlNetConfig, imageFactor, parseControlNetConfig } from './config.js';
import { controlResiduals } from './network.js';

/** A network that is read, for `controlnet`. */
export interface ControlNet {
  readonly config: ControlNetConfig;
  /** float32, by diffusers' names. */
  readonly params: Tensors;
}

/**
 * Reads a ControlNetModel in diffusers' layout: config.json and diffusion_pytorch_model.safetensors, also in half precision
 * and in shards. `folder` leads to it inside `files`; default: they lie at the source's root. Rejects with an error that
 * names the file, the field or the tensor at fault.
 */
export async function readControlNet(files: FileSource, folder = ''): Promise<ControlNet> {
  const config = parseControlNetConfig(await readComponentConfig(files, folder));
  const params = await readWeights(files, folder, { float32: true });
  checkLayerCount(TITLE, unetEncoderLayers(config), params);
  checkConfigSizes(TITLE, sizesOf(config), params);
  checkParams(expectedParams(config), params, { title: TITLE });
  return { config, params };
}

const TITLE = 'controlnet';

function sizesOf(config: ControlNetConfig): ConfigSize[] {
  const { conditioning_channels: channels, conditioning_embedding_out_channels: widths } = config;
  const path = 'controlnet_cond_embedding';
  return [
    ...unetEncoderSizes(config),
    { field: 'conditioning_channels', size: channels, tensor: `${path}.conv_in.weight`, axis: 1 },
    ...widths.map((size, i) => ({
      field: `conditioning_embedding_out_channels[${i}]`,
      size,
      tensor: i === 0 ? `${path}.conv_in.weight` : `${path}.blocks.${2 * i - 1}.weight`,
      axis: 0,
    })),
  ];
}

/** All parameters of the network, whatever the picture's size. */
function expectedParams(config: ControlNetConfig) {
  const { scope, params } = parameterStore();
  const side = 2 ** (config.block_out_channels.length - 1);
  const pixels = side * imageFactor(config);
  controlResiduals(scope, config, {
    sample: input('sample', [1, config.in_channels, side, side]),
    timestep: input('timestep', [1]),
    encoderHiddenStates: input('text', [1, 1, config.cross_attention_dim]),
    image: input('image', [1, config.conditioning_channels, pixels, pixels]),
  });
  return params;
}
