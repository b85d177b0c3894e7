// CLIP's text encoder, parameters named as in transformers' CLIPTextModel.

import { checkObject } from '../checks/index.js';
import { gelu, quickGelu, softmax } from '../graph/composite.js';
import { add, cast, equal, multiply } from '../graph/elementwise.js';
import { gather } from '../graph/indexing.js';
import { reshape, sliceAxis } from '../graph/layout.js';
import { matmul, swapLast } from '../graph/linear.js';
import { checkValue } from '../graph/operands.js';
import { argMax } from '../graph/reduce.js';
import { type Tensors, tensor } from '../graph/tensor.js';
import { constant, type Value } from '../graph/value.js';
import * as layers from '../nn/layers.js';
import { checkScope, normal, type Scope } from '../nn/scope.js';
import { mergeHeads, splitHeads } from './blocks/attention.js';
import type { ClipTextConfig } from './clipTextConfig.js';

/** What CLIP's text encoder returns: `lastHiddenState` [N, T, D] and `poolerOutput` [N, D]. */
export interface ClipTextOutput {
  /** A vector for every token, of the layer asked for, after the last norm: [N, T, hidden_size]. */
  readonly lastHiddenState: Value;
  /** The vector at the end of each text: [N, hidden_size]. */
  readonly poolerOutput: Value;
}

/** As transformers: this eos_token_id stands for "the largest id", see its CLIPTextTransformer. */
const LEGACY_EOS = 2;

/**
 * Encodes token ids, int32 [N, T] with T at most max_position_embeddings.
 * `endPositions`, int32 [N], says where each text ends; without it that is its first end token. `clipSkip` is the layer
 * of the tokens' vectors, counted from the end: 1 is the last. The pooled vector is of the last in any case.
 */
export function clipText(
  scope: Scope,
  config: ClipTextConfig,
  ids: Value,
  given?: Value,
  clipSkip = 1,
): ClipTextOutput {
  checkScope(scope);
  checkObject(config, 'config');
  checkValue('clipText', ids, 'ids');
  const endPositions = given ?? findEnds(config, ids);
  const [count, length] = ids.shape;
  if (length > config.max_position_embeddings) {
    throw new Error(
      `ids: ${length} tokens are more than max_position_embeddings (${config.max_position_embeddings})`,
    );
  }
  const at = scope.at('text_model');
  const mask = causalMask(length);
  let x = embed(at.at('embeddings'), config, ids);
  const states: Value[] = [];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    x = layer(at.at('encoder', 'layers', i), config, x, mask);
    states.push(x);
  }
  const normalised = (state: Value): Value =>
    layers.layerNorm(at.at('final_layer_norm'), state, config.layer_norm_eps);
  const lastHiddenState = normalised(x);
  const rows = reshape(lastHiddenState, [count * length, config.hidden_size]);
  const starts = Int32Array.from({ length: count }, (_, i) => i * length);
  const ends = add(endPositions, constant(tensor(starts, [count], 'int32')));
  const chosen = clipSkip === 1 ? lastHiddenState : normalised(stateAt(states, clipSkip));
  return { lastHiddenState: chosen, poolerOutput: gather(rows, ends) };
}

function stateAt(states: readonly Value[], fromEnd: number): Value {
  const state = states.at(-fromEnd);
  if (state && fromEnd >= 1) return state;
  throw new Error(`clipSkip: must be a whole number in 1..${states.length}, not ${fromEnd}`);
}

/** The parameters under transformers' names: some files leave out the prefix `text_model`. */
export function withTextModel(params: Tensors): Tensors {
  const bare = /^(embeddings|encoder|final_layer_norm)\./;
  return Object.fromEntries(
    Object.entries(params).map(([name, given]) => [bare.test(name) ? `text_model.${name}` : name, given]),
  );
}

function findEnds(config: ClipTextConfig, ids: Value): Value {
  if (config.eos_token_id === LEGACY_EOS) return argMax(cast(ids, 'float32'), 1);
  const eos = constant(tensor(Int32Array.of(config.eos_token_id), [1, 1], 'int32'));
  return argMax(cast(equal(ids, eos), 'float32'), 1);
}

function embed(scope: Scope, config: ClipTextConfig, ids: Value): Value {
  const { hidden_size: width, max_position_embeddings: most } = config;
  const positions = scope.at('position_embedding').param('weight', [most, width], normal(0.02));
  const tokens = layers.embedding(scope.at('token_embedding'), ids, config.vocab_size, width);
  return add(tokens, sliceAxis(positions, 0, 0, ids.shape[1]));
}

/** 0 where a token may look (itself and what stands before it), a number that softmax turns to 0 elsewhere. */
function causalMask(length: number): Value {
  const data = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? -1e9 : 0,
  );
  return constant(tensor(data, [length, length]));
}

function layer(scope: Scope, config: ClipTextConfig, x: Value, mask: Value): Value {
  const epsilon = config.layer_norm_eps;
  const first = layers.layerNorm(scope.at('layer_norm1'), x, epsilon);
  const attended = add(x, maskedAttention(scope.at('self_attn'), config, first, mask));
  const second = layers.layerNorm(scope.at('layer_norm2'), attended, epsilon);
  const wide = layers.linear(scope.at('mlp', 'fc1'), second, config.intermediate_size);
  const active = config.hidden_act === 'gelu' ? gelu(wide) : quickGelu(wide);
  return add(attended, layers.linear(scope.at('mlp', 'fc2'), active, config.hidden_size));
}

function maskedAttention(scope: Scope, config: ClipTextConfig, x: Value, mask: Value): Value {
  const { hidden_size: width, num_attention_heads: heads } = config;
  const project = (name: string) => splitHeads(layers.linear(scope.at(name), x, width), heads);
  const queries = multiply(project('q_proj'), 1 / Math.sqrt(width / heads));
  const scores = add(matmul(queries, swapLast(project('k_proj'))), mask);
  const mixed = matmul(softmax(scores, -1), project('v_proj'));
  return layers.linear(scope.at('out_proj'), mergeHeads(mixed), width);
}
