// The config.json of each component, from the shapes of its tensors in diffusers' names, where no file tells it.

import type { JsonObject } from '@spatiallock/core/io';
import type { Shapes } from './identify.js';

const shapeOf = (shapes: Shapes, name: string): readonly number[] => shapes[name]?.shape ?? [];

/** 0, 1, 2 ... as long as there is such a name. */
function count(shapes: Shapes, nameOf: (index: number) => string): number {
  let index = 0;
  while (Object.hasOwn(shapes, nameOf(index))) index++;
  return index;
}

const STANDARD_GROUPS = 32;

const FOLDER = 'a folder with the config.json of each component by options.config (--config)';

function groupsOf(channels: readonly number[], what: string, remedy = FOLDER): number {
  if (channels.length > 0 && channels.every((width) => width % STANDARD_GROUPS === 0)) return STANDARD_GROUPS;
  throw new Error(
    `${what}: layers of ${channels.join(', ') || 'no'} channels are not those of Stable Diffusion, and a file cannot tell their groups and heads; give ${remedy}`,
  );
}

/** The text width of Stable Diffusion 2, whose heads are 64 wide. */
const SECOND_WIDTH = 1024;
const HEAD_WIDTH = 64;
const FIRST_HEADS = 8;

/** `sampleSize` is the side of the latents that the network was trained on. */
export function unetConfig(shapes: Shapes, sampleSize: number): JsonObject {
  const encoder = encoderConfig(shapes, 'unet');
  const condition = shapeOf(shapes, 'time_embedding.cond_proj.weight')[1];
  return {
    _class_name: 'UNet2DConditionModel',
    ...encoder,
    ...(Object.hasOwn(shapes, 'position_net.null_positive_feature') ? { attention_type: 'gated' } : {}),
    center_input_sample: false,
    mid_block_type: 'UNetMidBlock2DCrossAttn',
    out_channels: shapeOf(shapes, 'conv_out.weight')[0],
    sample_size: sampleSize,
    ...(condition === undefined ? {} : { time_cond_proj_dim: condition }),
    up_block_types: encoder.block_out_channels.map((_, level) =>
      Object.hasOwn(shapes, `up_blocks.${level}.attentions.0.norm.weight`)
        ? 'CrossAttnUpBlock2D'
        : 'UpBlock2D',
    ),
  };
}

/** Of a ControlNet, by diffusers' names. */
export function controlNetConfig(shapes: Shapes): JsonObject {
  const path = 'controlnet_cond_embedding';
  const blocks = count(shapes, (block) => `${path}.blocks.${2 * block + 1}.weight`);
  return {
    _class_name: 'ControlNetModel',
    ...encoderConfig(shapes, 'controlnet', 'the fields of its config.json as `config`'),
    conditioning_channels: shapeOf(shapes, `${path}.conv_in.weight`)[1],
    conditioning_embedding_out_channels: [
      `${path}.conv_in.weight`,
      ...Array.from({ length: blocks }, (_, block) => `${path}.blocks.${2 * block + 1}.weight`),
    ].map((name) => shapeOf(shapes, name)[0]),
  };
}

/** What a U-Net and the copies of its first half have in common. */
function encoderConfig(shapes: Shapes, what: string, remedy?: string) {
  const levels = count(shapes, (level) => `down_blocks.${level}.resnets.0.conv1.weight`);
  const channels = Array.from(
    { length: levels },
    (_, level) => shapeOf(shapes, `down_blocks.${level}.resnets.0.conv1.weight`)[0] ?? 0,
  );
  const attends = (level: number): boolean =>
    Object.hasOwn(shapes, `down_blocks.${level}.attentions.0.norm.weight`);
  const levelList = Array.from({ length: levels }, (_, level) => level);
  const first = `down_blocks.${levelList.find(attends) ?? 0}.attentions.0`;
  const text = shapeOf(shapes, `${first}.transformer_blocks.0.attn2.to_k.weight`)[1] ?? 0;
  return {
    act_fn: 'silu',
    attention_head_dim: text === SECOND_WIDTH ? channels.map((width) => width / HEAD_WIDTH) : FIRST_HEADS,
    block_out_channels: channels,
    cross_attention_dim: text,
    down_block_types: levelList.map((level) => (attends(level) ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    downsample_padding: 1,
    flip_sin_to_cos: true,
    freq_shift: 0,
    in_channels: shapeOf(shapes, 'conv_in.weight')[1],
    layers_per_block: count(shapes, (layer) => `down_blocks.0.resnets.${layer}.conv1.weight`),
    mid_block_scale_factor: 1,
    norm_eps: 1e-5,
    norm_num_groups: groupsOf(channels, what, remedy),
    transformer_layers_per_block: Math.max(
      1,
      count(shapes, (block) => `${first}.transformer_blocks.${block}.norm1.weight`),
    ),
    use_linear_projection: shapeOf(shapes, `${first}.proj_in.weight`).length === 2,
  };
}

/** What latents of Stable Diffusion 1 and 2 are multiplied by. */
const SCALING = 0.18215;

/** The config of an AutoencoderKL as diffusers writes it, from its parameters' shapes. */
export function vaeConfig(shapes: Shapes): JsonObject {
  const levels = count(shapes, (level) => `decoder.up_blocks.${level}.resnets.0.conv1.weight`);
  const channels = Array.from(
    { length: levels },
    (_, level) => shapeOf(shapes, `decoder.up_blocks.${levels - 1 - level}.resnets.0.conv1.weight`)[0] ?? 0,
  );
  const latents = shapeOf(shapes, 'decoder.conv_in.weight')[1] ?? 0;
  return {
    _class_name: 'AutoencoderKL',
    act_fn: 'silu',
    block_out_channels: channels,
    down_block_types: channels.map(() => 'DownEncoderBlock2D'),
    in_channels: shapeOf(shapes, 'encoder.conv_in.weight')[1] ?? 3,
    latent_channels: latents,
    layers_per_block: Math.max(
      1,
      count(shapes, (layer) => `decoder.up_blocks.0.resnets.${layer}.conv1.weight`) - 1,
    ),
    norm_num_groups: groupsOf(channels, 'vae'),
    out_channels: shapeOf(shapes, 'decoder.conv_out.weight')[0] ?? 3,
    sample_size: 512,
    scaling_factor: SCALING,
    up_block_types: channels.map(() => 'UpDecoderBlock2D'),
    ...(Object.hasOwn(shapes, 'post_quant_conv.weight')
      ? {}
      : { use_quant_conv: false, use_post_quant_conv: false }),
  };
}

/** Of TAESD, by what its halves hold. */
export function tinyConfig(shapes: Shapes): JsonObject {
  const width =
    shapeOf(shapes, 'decoder.layers.0.weight')[0] ?? shapeOf(shapes, 'encoder.layers.0.weight')[0] ?? 64;
  const decoder = stages(shapes, 'decoder', 2);
  const encoder = stages(shapes, 'encoder', 1);
  return {
    _class_name: 'AutoencoderTiny',
    act_fn: 'relu',
    decoder_block_out_channels: decoder.map(() => width),
    encoder_block_out_channels: encoder.map(() => width),
    in_channels: shapeOf(shapes, 'encoder.layers.0.weight')[1] ?? 3,
    latent_channels: shapeOf(shapes, 'decoder.layers.0.weight')[1] ?? 4,
    latent_magnitude: 3,
    latent_shift: 0.5,
    num_decoder_blocks: decoder,
    num_encoder_blocks: encoder,
    out_channels: 3,
    scaling_factor: 1,
    upsampling_scaling_factor: 2,
  };
}

/** Residual blocks between one plain convolution and the next; of the first stage they begin at layer `from`. */
function stages(shapes: Shapes, half: 'encoder' | 'decoder', from: number): readonly number[] {
  const layers = Object.keys(shapes).flatMap(
    (name) => new RegExp(`^${half}\\.layers\\.(\\d+)\\.`).exec(name)?.[1] ?? [],
  );
  const last = Math.max(-1, ...layers.map(Number));
  const counts = [0];
  for (let layer = from; layer < last; layer++) {
    if (Object.hasOwn(shapes, `${half}.layers.${layer}.conv.0.weight`)) counts[counts.length - 1]!++;
    else if (Object.hasOwn(shapes, `${half}.layers.${layer}.weight`)) counts.push(0);
  }
  return last < 0 ? [1, 3, 3, 3] : counts;
}

/** CLIP's text encoder; heads are 64 wide, and OpenCLIP's towers use plain GELU. */
export function textConfig(shapes: Shapes, heads?: number): JsonObject {
  const [vocabulary = 0, width = 0] = shapeOf(shapes, 'text_model.embeddings.token_embedding.weight');
  const [positions = 77] = shapeOf(shapes, 'text_model.embeddings.position_embedding.weight');
  return {
    architectures: ['CLIPTextModel'],
    bos_token_id: 49406,
    eos_token_id: 49407,
    hidden_act: width === SECOND_WIDTH ? 'gelu' : 'quick_gelu',
    hidden_size: width,
    intermediate_size: shapeOf(shapes, 'text_model.encoder.layers.0.mlp.fc1.weight')[0],
    layer_norm_eps: 1e-5,
    max_position_embeddings: positions,
    model_type: 'clip_text_model',
    num_attention_heads: heads ?? width / HEAD_WIDTH,
    num_hidden_layers: count(shapes, (layer) => `text_model.encoder.layers.${layer}.layer_norm1.weight`),
    pad_token_id: 1,
    projection_dim: width === SECOND_WIDTH ? 512 : width,
    vocab_size: vocabulary,
  };
}
