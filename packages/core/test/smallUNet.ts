// The config of a U-Net of a few channels, with attention on the finer of its two grids.

export const SMALL_UNET = {
  block_out_channels: [8, 16],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  norm_num_groups: 4,
  attention_head_dim: 2,
  cross_attention_dim: 6,
  layers_per_block: 1,
};
