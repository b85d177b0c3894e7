import { parseUNet2dConditionConfig, type UNet2dConditionConfig } from '@spatiallock/core/models';

/** A U-Net of a few channels, with attention on the coarser of its two grids. */
export const smallUNet: UNet2dConditionConfig = parseUNet2dConditionConfig({
  block_out_channels: [8, 16],
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
  norm_num_groups: 4,
  attention_head_dim: 2,
  cross_attention_dim: 8,
  layers_per_block: 1,
});
