// The files of a whole model of a few thousand weights, in memory.

import { hooksOf, input, networkParts, parameterStore, type Scope } from '@spatiallock/core';
import { type ComponentContent, writeModelDirectory } from '@spatiallock/core/io';
import {
  autoencoderTiny,
  clipText,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { clipTokenizerFiles, networkContext } from '@spatiallock/core/pipeline';
import { poi } from '@spatiallock/poi';

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`), '<|startoftext|>', '<|endoftext|>'];

function component(config: object, build: (scope: Scope) => void): ComponentContent {
  const { scope, params } = parameterStore();
  build(scope);
  return { config: { ...config }, weights: initialise(params, 1) };
}

/** What grounds objects in this model. */
export const grounding = poi({ injection: false, attention: false });

/** Bytes by path: a model directory with spatiallock.json and words.json. */
export async function tinyModel(): Promise<ReadonlyMap<string, Uint8Array>> {
  const unet = parseUNet2dConditionConfig({
    sample_size: 4,
    block_out_channels: [8],
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D'],
    layers_per_block: 1,
    norm_num_groups: 2,
    attention_head_dim: 2,
    cross_attention_dim: 8,
  });
  const vae = parseAutoencoderTinyConfig({
    encoder_block_out_channels: [4, 4],
    decoder_block_out_channels: [4, 4],
    num_encoder_blocks: [1, 1],
    num_decoder_blocks: [1, 1],
  });
  const text = parseClipTextConfig({
    hidden_size: 8,
    intermediate_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    vocab_size: tokens.length,
    max_position_embeddings: 12,
    bos_token_id: tokens.length - 2,
    eos_token_id: tokens.length - 1,
    pad_token_id: tokens.length - 1,
  });
  const timestep = input('timestep', [1]);
  const sample = input('sample', [1, 4, 4, 4]);
  const encoderHiddenStates = input('text', [1, 12, 8]);
  const files = new Map<string, Uint8Array>();
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  await writeModelDirectory(
    { write: async (path, bytes) => void files.set(path, bytes) },
    {
      index: {
        className: 'StableDiffusionPipeline',
        components: {
          unet: { library: 'diffusers', className: 'UNet2DConditionModel' },
          vae: { library: 'diffusers', className: 'AutoencoderTiny' },
          text_encoder: { library: 'transformers', className: 'CLIPTextModel' },
          tokenizer: { library: 'transformers', className: 'CLIPTokenizer' },
          scheduler: { library: 'diffusers', className: 'DDIMScheduler' },
        },
        settings: {},
      },
      components: {
        unet: component(unet, (scope) => {
          const sizes = { batch: 1, height: 4, width: 4, objects: 1, tokens: 2 };
          const { context } = networkContext(scope, { config: unet, sizes, has: () => true });
          const hooks = hooksOf(networkParts([grounding], context));
          unet2dCondition(scope, unet, { sample, timestep, encoderHiddenStates }, hooks);
        }),
        vae: component(vae, (scope) => {
          autoencoderTiny.encode(scope, vae, input('image', [1, 3, 8, 8]));
          autoencoderTiny.decode(scope, vae, sample);
        }),
        text_encoder: component(text, (scope) => clipText(scope, text, input('ids', [1, 12], 'int32'))),
        tokenizer: { files: clipTokenizerFiles({ vocab, merges: [], maxLength: 12 }) },
        scheduler: {
          config: { _class_name: 'DDIMScheduler', prediction_type: 'v_prediction', clip_sample: false },
        },
      },
    },
  );
  files.set(
    'spatiallock.json',
    json({ name: 'tiny', steps: 4, guidanceScale: 2, guidanceRescale: 0.5, scheduler: 'ddim' }),
  );
  files.set('tokenizer/words.json', json(['a', 'dog', 'cat', 'on', 'beach']));
  return files;
}
