// The settings of transformers' CLIPTextModel.

import { configReader, EPSILON, MOST_LAYERS } from './config.js';

const ACTIVATIONS = ['quick_gelu', 'gelu'] as const;

/** A config.json of transformers with every default filled in. */
export interface ClipTextConfig {
  readonly architectures: readonly ['CLIPTextModel'];
  readonly model_type: 'clip_text_model';
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly hidden_act: (typeof ACTIVATIONS)[number];
  readonly layer_norm_eps: number;
  readonly bos_token_id: number;
  /** The text's vector is read here; 2, an old mistake in many files, means the largest id. */
  readonly eos_token_id: number;
  readonly pad_token_id: number;
}

/** Tokens of a vocabulary. */
const MOST_TOKENS = 1_000_000;

/**
 * Reads the parsed config.json of a CLIPTextModel and fills in transformers' defaults.
 * Throws an error naming the field where a value is wrong or asks for something not supported here.
 */
export function parseClipTextConfig(json: unknown): ClipTextConfig {
  const read = configReader(json, 'CLIPTextModel');
  read.unsupportedUnless({ model_type: 'clip_text_model' });
  const config: ClipTextConfig = {
    architectures: ['CLIPTextModel'],
    model_type: 'clip_text_model',
    hidden_size: read.integer('hidden_size', 512),
    intermediate_size: read.integer('intermediate_size', 2048),
    num_hidden_layers: read.integer('num_hidden_layers', 12, 1, MOST_LAYERS),
    num_attention_heads: read.integer('num_attention_heads', 8),
    vocab_size: read.integer('vocab_size', 49408, 1, MOST_TOKENS),
    max_position_embeddings: read.integer('max_position_embeddings', 77, 1, 4096),
    hidden_act: read.oneOf('hidden_act', ACTIVATIONS, 'quick_gelu'),
    layer_norm_eps: read.number('layer_norm_eps', 1e-5, EPSILON),
    bos_token_id: read.integer('bos_token_id', 49406, 0, MOST_TOKENS),
    eos_token_id: read.integer('eos_token_id', 49407, 0, MOST_TOKENS),
    pad_token_id: read.integer('pad_token_id', 1, 0, MOST_TOKENS),
  };
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (width % heads !== 0)
    read.fail('num_attention_heads', `${heads} heads do not divide hidden_size (${width})`);
  return config;
}
