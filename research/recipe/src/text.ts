// The text encoder: first it learns to name what a text says, then it goes on learning with the U-Net.

import {
  add,
  constant,
  input,
  layers,
  mean,
  multiply,
  parameterStore,
  type Scope,
  softplus,
  subtract,
  sum,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { type ClipTextConfig, clipText } from '@spatiallock/core/models';
import { random } from '@spatiallock/core/nn';
import { type ClipTokenizer, clipTokenizer } from '@spatiallock/core/pipeline';
import { adamw, cosineRate } from '@spatiallock/core/train';
import { backgroundNames, type ColourWord, classLabels, colours, planScene } from '@spatiallock/scenes';
import type { TrainingStage } from '@spatiallock/training';
import { PHRASE_LENGTH, seedRanges, TEXT_LENGTH, TEXT_WIDTH } from './settings.js';
import { emojiTokenizer } from './vocabulary.js';

const BATCH = 128;

export const textTokenizer: ClipTokenizer = clipTokenizer(emojiTokenizer(TEXT_LENGTH));

export const textConfig: ClipTextConfig = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  hidden_size: TEXT_WIDTH,
  intermediate_size: 4 * TEXT_WIDTH,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: Object.keys(emojiTokenizer(TEXT_LENGTH).vocab).length,
  max_position_embeddings: TEXT_LENGTH,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-5,
  bos_token_id: textTokenizer.startId,
  eos_token_id: textTokenizer.endId,
  pad_token_id: textTokenizer.padId,
};

/** Half phrases, half captions; the head that names what they say is dropped afterwards. */
export function textStage(steps: number): TrainingStage {
  const labels = classLabels.length + colours.length + backgroundNames.length;
  const store = parameterStore();
  const ids = input('ids', [BATCH, TEXT_LENGTH], 'int32');
  const targets = input('targets', [BATCH, labels]);
  const { poolerOutput } = clipText(store.scope, textConfig, ids);
  const logits = layers.linear(store.scope.at('head'), poolerOutput, labels);
  // Cross-entropy of independent labels: softplus(z) - z y.
  const entropy = subtract(softplus(logits), multiply(logits, targets));
  const power = mean(multiply(poolerOutput, poolerOutput));
  return {
    name: 'text',
    inputs: { ids, targets },
    params: store.params,
    loss: add(mean(sum(entropy, [1])), multiply(power, 1e-3)),
    optimiser: adamw({ weightDecay: 0.01 }),
    learningRate: cosineRate({ peak: 2e-3, warmup: 50, steps }),
    ema: 0.99,
    outputs: { power },
    steps,
    seed: 2,
    batch: (step) => textBatch(step, labels),
  };
}

function textBatch(step: number, labels: number): Tensors {
  const rng = random(step + 77_777);
  const targets = new Float32Array(BATCH * labels);
  const name = (row: number, index: number, colour: ColourWord | undefined): void => {
    targets[row * labels + index] = 1;
    if (colour !== undefined) targets[row * labels + classLabels.length + colours.indexOf(colour)] = 1;
  };
  const texts = Array.from({ length: BATCH }, (_, row) => {
    const plan = planScene(seedRanges.text + step * BATCH + row, { variety: 'mixed' });
    if (row % 2 === 0) {
      const object = plan.objects[rng.int(plan.objects.length)]!;
      name(row, object.index, object.colour);
      return object.phrase;
    }
    for (const { index, colour } of plan.objects) name(row, index, colour);
    const background = backgroundNames.indexOf(plan.background);
    targets[row * labels + classLabels.length + colours.length + background] = 1;
    return plan.caption;
  });
  return { ids: textTokenizer.encodePadded(texts), targets: tensor(targets, [BATCH, labels]) };
}

/** Under this scope the text encoder stands beside the U-Net while both learn. */
export const TEXT_SCOPE = 'text_encoder';

/** Names of the inputs that `textIds` feeds. */
export const textInputs = { captions: 'captions', phrases: 'phrases' } as const;

/** Ids of captions [batch, TEXT_LENGTH] and of a phrase for each slot [batch * slots, PHRASE_LENGTH]. */
export interface TextIds {
  readonly captions: Value;
  readonly phrases: Value;
}

export const idInputs = (batch: number, slots: number): TextIds => ({
  captions: input(textInputs.captions, [batch, TEXT_LENGTH], 'int32'),
  phrases: input(textInputs.phrases, [batch * slots, PHRASE_LENGTH], 'int32'),
});

/** Texts as values of a batch's graph. */
export interface EncodedTexts {
  /** [batch, TEXT_LENGTH, TEXT_WIDTH] */
  readonly captions: Value;
  /** Pooled, [batch * slots, TEXT_WIDTH] */
  readonly phrases: Value;
}

export function encodedTexts(root: Scope, ids: TextIds): EncodedTexts {
  const scope = root.at(TEXT_SCOPE);
  return {
    captions: clipText(scope, textConfig, ids.captions).lastHiddenState,
    phrases: clipText(scope, textConfig, ids.phrases).poolerOutput,
  };
}

/** The empty caption: [1, TEXT_LENGTH, TEXT_WIDTH]. */
export const emptyCaption = (root: Scope): Value =>
  clipText(root.at(TEXT_SCOPE), textConfig, constant(textTokenizer.encodePadded(['']))).lastHiddenState;

/** The ids that `idInputs` declares; a phrase for each slot, '' where there is none. */
export function textIds(captions: readonly string[], phrases: readonly string[]): Tensors {
  return {
    [textInputs.captions]: idRows(captions, TEXT_LENGTH),
    [textInputs.phrases]: idRows(phrases, PHRASE_LENGTH),
  };
}

/** The first `length` tokens of each text; throws where a text has more. */
function idRows(texts: readonly string[], length: number): Tensor {
  const rows = new Int32Array(texts.length * length);
  texts.forEach((text, row) => {
    const ids = paddedIds(text).subarray(0, length);
    if (!ids.includes(textTokenizer.endId)) throw new Error(`"${text}": has more than ${length} tokens`);
    rows.set(ids, row * length);
  });
  return tensor(rows, [texts.length, length], 'int32');
}

/** Texts come again as long as their scene is in the cache: a step of 256 pictures would tokenize 2,300. */
const paddedIds = remembered(
  2 ** 15,
  (text: string) => textTokenizer.encodePadded([text]).data as Int32Array,
);

/** `compute` with its latest results kept, between `most` and twice as many. */
function remembered<T>(most: number, compute: (text: string) => T): (text: string) => T {
  let [recent, older] = [new Map<string, T>(), new Map<string, T>()];
  return (text) => {
    const known = recent.get(text) ?? older.get(text) ?? compute(text);
    if (recent.size >= most) [recent, older] = [new Map(), recent];
    recent.set(text, known);
    return known;
  };
}
