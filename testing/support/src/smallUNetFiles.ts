// Files that lie over the fixtures' model: a U-Net of a few channels with random weights, PoI's among them.

import { writeSafetensors } from '@spatiallock/core/io';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { unetGraph } from '@spatiallock/core/pipeline';
import { type PoiOptions, poi } from '@spatiallock/poi';

const config = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 8,
  block_out_channels: [8, 16],
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
  norm_num_groups: 4,
  attention_head_dim: 2,
  cross_attention_dim: 32,
  layers_per_block: 1,
};

/** By path; the model paints 16 x 16 pixels. */
export function smallUNetFiles(options: PoiOptions): Readonly<Record<string, Uint8Array>> {
  const sizes = { batch: 1, height: 8, width: 8, tokens: 4, objects: 2 };
  const { params } = unetGraph(parseUNet2dConditionConfig(config), [poi(options)], sizes, () => true);
  return {
    'unet/config.json': new TextEncoder().encode(JSON.stringify(config)),
    'unet/diffusion_pytorch_model.safetensors': writeSafetensors(initialise(params, 3)),
  };
}
