// Trains the text encoder: from a phrase or a caption, its pooled vector must tell the objects and the background.

import {
  add,
  input,
  layers,
  mean,
  multiply,
  parameterStore,
  softplus,
  subtract,
  sum,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { type ClipTextConfig, clipText } from '@spatiallock/core/models';
import { random } from '@spatiallock/core/nn';
import { type ClipTokenizer, clipTokenizer } from '@spatiallock/core/pipeline';
import { adamw, cosineRate } from '@spatiallock/core/train';
import { seedRanges } from '@spatiallock/research-harness';
import {
  backgroundNames,
  classes,
  classLabels,
  phraseOf,
  planScene,
  sceneRandom,
} from '@spatiallock/research-scenes-128';
import type { TrainingStage } from '@spatiallock/training';
import { TEXT_LENGTH, TEXT_WIDTH } from './settings.js';
import { emojiTokenizer } from './vocabulary.js';

const BATCH = 96;
const STEPS = 700;

export const textTokenizer: ClipTokenizer = clipTokenizer(emojiTokenizer(TEXT_LENGTH));

export const textConfig: ClipTextConfig = {
  architectures: ['CLIPTextModel'],
  model_type: 'clip_text_model',
  hidden_size: TEXT_WIDTH,
  intermediate_size: 4 * TEXT_WIDTH,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  vocab_size: Object.keys(emojiTokenizer(TEXT_LENGTH).vocab).length,
  max_position_embeddings: TEXT_LENGTH,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-5,
  bos_token_id: textTokenizer.startId,
  eos_token_id: textTokenizer.endId,
  pad_token_id: textTokenizer.padId,
};

/** Half phrases, half captions; the head that names labels is dropped afterwards. */
export function textStage(): TrainingStage {
  const labels = classLabels.length + backgroundNames.length;
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
    learningRate: cosineRate({ peak: 2e-3, warmup: 50, steps: STEPS }),
    ema: 0.99,
    outputs: { power },
    steps: STEPS,
    seed: 2,
    batch: (step) => textBatch(step, labels),
  };
}

function textBatch(step: number, labels: number): Tensors {
  const rng = random(step + 77_777);
  const scenesRng = sceneRandom(step + 77_777);
  const targets = new Float32Array(BATCH * labels);
  const texts = Array.from({ length: BATCH }, (_, row) => {
    if (row % 2 === 0) {
      const at = rng.int(classes.length);
      targets[row * labels + at] = 1;
      return phraseOf(classes[at]!, scenesRng);
    }
    const plan = planScene(seedRanges.text + step * BATCH + row);
    for (const { index } of plan.objects) targets[row * labels + index] = 1;
    targets[row * labels + classLabels.length + backgroundNames.indexOf(plan.background)] = 1;
    return plan.caption;
  });
  return { ids: textTokenizer.encodePadded(texts), targets: tensor(targets, [BATCH, labels]) };
}
