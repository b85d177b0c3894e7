// Widths of a config, and the shapes of the weights beside it.

import { describe, expect, it } from 'vitest';
import {
  autoencoderKl,
  autoencoderTiny,
  type ConfigSize,
  checkConfigSizes,
  clipText,
  decodeDc,
  encodeDc,
  parseAutoencoderDcConfig,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
} from '../../src/entries/models.js';
import { unetGraph } from '../../src/entries/pipeline.js';
import { input, parameterStore, type Scope, type Tensors, type Values } from '../../src/index.js';
import {
  autoencoderDcSizes,
  autoencoderKlSizes,
  autoencoderTinySizes,
  clipTextSizes,
  unetSizes,
} from '../../src/models/configSizes.js';

/** Weights of these shapes; numbers are never asked for. */
function weightsOf(params: Values): Tensors {
  const data = new Float32Array(0);
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape }]) => [name, { dtype: 'float32', shape, data }]),
  );
}

function paramsOf(build: (scope: Scope) => void): Tensors {
  const store = parameterStore();
  build(store.scope);
  return weightsOf(store.params);
}

interface Case {
  readonly sizes: (change?: object) => readonly ConfigSize[];
  readonly weights: Tensors;
  /** Changes of the config, by the field that an error names. */
  readonly changes: Readonly<Record<string, object>>;
}

const image = input('image', [1, 3, 32, 32]);
const BIG = 100_000;

function unetCase(): Case {
  const config = parseUNet2dConditionConfig({
    block_out_channels: [8, 16],
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
    norm_num_groups: 4,
    attention_head_dim: 2,
    cross_attention_dim: 6,
    sample_size: 8,
    time_embedding_dim: 24,
    time_cond_proj_dim: 10,
  });
  const { params } = unetGraph(
    config,
    [],
    { batch: 1, height: 8, width: 8, tokens: 4, objects: 0 },
    () => true,
  );
  return {
    sizes: (change) => unetSizes({ ...config, ...change }),
    weights: weightsOf(params),
    changes: {
      in_channels: { in_channels: BIG },
      out_channels: { out_channels: BIG },
      conv_in_kernel: { conv_in_kernel: 5 },
      conv_out_kernel: { conv_out_kernel: 5 },
      'block_out_channels[0]': { block_out_channels: [BIG, 16] },
      'block_out_channels[1]': { block_out_channels: [8, BIG] },
      cross_attention_dim: { cross_attention_dim: BIG },
      time_embedding_dim: { time_embedding_dim: BIG },
      time_cond_proj_dim: { time_cond_proj_dim: BIG },
    },
  };
}

function textCase(): Case {
  const config = parseClipTextConfig({
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    vocab_size: 30,
    max_position_embeddings: 7,
  });
  return {
    sizes: (change) => clipTextSizes({ ...config, ...change }),
    weights: paramsOf((scope) => clipText(scope, config, input('ids', [1, 7], 'int32'))),
    changes: Object.fromEntries(
      ['vocab_size', 'hidden_size', 'max_position_embeddings', 'intermediate_size'].map((field) => [
        field,
        { [field]: BIG },
      ]),
    ),
  };
}

function klCase(): Case {
  const config = parseAutoencoderKlConfig({
    block_out_channels: [4, 8],
    down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
    up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
    norm_num_groups: 2,
  });
  return {
    sizes: (change) => autoencoderKlSizes({ ...config, ...change }),
    weights: paramsOf((scope) => {
      autoencoderKl.encode(scope, config, image);
      autoencoderKl.decode(scope, config, input('latents', [1, 4, 8, 8]));
    }),
    changes: {
      in_channels: { in_channels: BIG },
      out_channels: { out_channels: BIG },
      latent_channels: { latent_channels: BIG },
      'block_out_channels[0]': { block_out_channels: [BIG, 8] },
      'block_out_channels[1]': { block_out_channels: [4, BIG] },
    },
  };
}

function tinyCase(): Case {
  const config = parseAutoencoderTinyConfig({
    encoder_block_out_channels: [4, 4],
    decoder_block_out_channels: [6, 6, 6],
    num_encoder_blocks: [1, 2],
    num_decoder_blocks: [2, 1, 3],
  });
  return {
    sizes: (change) => autoencoderTinySizes({ ...config, ...change }),
    weights: paramsOf((scope) => {
      autoencoderTiny.encode(scope, config, image);
      autoencoderTiny.decode(scope, config, input('latents', [1, 4, 8, 8]));
    }),
    changes: {
      in_channels: { in_channels: BIG },
      out_channels: { out_channels: BIG },
      latent_channels: { latent_channels: BIG },
      encoder_block_out_channels: { encoder_block_out_channels: [BIG, BIG] },
      decoder_block_out_channels: { decoder_block_out_channels: [BIG, BIG, BIG] },
    },
  };
}

function dcCase(first: number): Case {
  const config = parseAutoencoderDcConfig({
    encoder_block_out_channels: [8, 16],
    decoder_block_out_channels: [8, 16],
    encoder_layers_per_block: [first, 1],
    decoder_layers_per_block: [first, 1],
    latent_channels: 4,
  });
  return {
    sizes: (change) => autoencoderDcSizes({ ...config, ...change }),
    weights: paramsOf((scope) => {
      encodeDc(scope, config, image);
      decodeDc(scope, config, input('latents', [1, 4, 8, 8]));
    }),
    changes: {
      in_channels: { in_channels: BIG },
      latent_channels: { latent_channels: BIG },
      'encoder_block_out_channels[1]': { encoder_block_out_channels: [8, BIG] },
      'decoder_block_out_channels[1]': { decoder_block_out_channels: [8, BIG] },
      ...(first > 0
        ? {
            'encoder_block_out_channels[0]': { encoder_block_out_channels: [BIG, 16] },
            'decoder_block_out_channels[0]': { decoder_block_out_channels: [BIG, 16] },
          }
        : {}),
    },
  };
}

const cases: Readonly<Record<string, Case>> = {
  unet: unetCase(),
  text_encoder: textCase(),
  AutoencoderKL: klCase(),
  AutoencoderTiny: tinyCase(),
  AutoencoderDC: dcCase(1),
  'AutoencoderDC with a downsampling stem': dcCase(0),
};

describe.each(Object.entries(cases))('%s', (title, { sizes, weights, changes }) => {
  it('fits its own weights', () => {
    expect(() => checkConfigSizes(title, sizes(), weights)).not.toThrow();
  });

  it.each(Object.entries(changes))('%s of another size is refused by name', (field, change) => {
    const wanted = `${title}: ${field} is `;
    expect(() => checkConfigSizes(title, sizes(change), weights)).toThrow(wanted);
  });

  it('says both sizes, and leaves missing tensors to others', () => {
    const [field, change] = Object.entries(changes)[0]!;
    const found = weights[sizes().find((size) => size.field === field)!.tensor]!.shape;
    expect(() => checkConfigSizes(title, sizes(change), weights)).toThrow(
      `${title}: ${field} is ${BIG} in the config, but `,
    );
    expect(() => checkConfigSizes(title, sizes(change), weights)).toThrow(`is [${found.join(', ')}]`);
    expect(() => checkConfigSizes(title, sizes(change), {})).not.toThrow();
  });
});
