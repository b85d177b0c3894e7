// Captions and phrases to vectors, by the frozen text encoder.

import { type Backend, type Tensor, type Tensors, tensor } from '@spatiallock/core';
import { checkBackend, checkMethods, checkObject, checkWhole } from '@spatiallock/core/checks';
import type { ClipTextConfig } from '@spatiallock/core/models';
import { type ClipTokenizer, textGraph } from '@spatiallock/core/pipeline';

/** Encoded texts of training, each encoded once. */
export interface TextTable {
  readonly tokenizer: ClipTokenizer;
  /** A vector for every token: [texts, T, D]. */
  captions(texts: readonly string[]): Promise<Tensor>;
  /** A vector for every text: [texts, D]. Each different phrase is encoded once and kept. */
  phrases(texts: readonly string[]): Promise<Tensor>;
  /** Frees the compiled text encoder. */
  dispose(): Promise<void>;
}

/** Options of `textTable`. */
export interface TextTableOptions {
  readonly backend: Backend;
  readonly tokenizer: ClipTokenizer;
  readonly config: ClipTextConfig;
  readonly weights: Tensors;
  /** Texts that are encoded at once. */
  readonly batch: number;
}

/** Compiles the text encoder; texts are cut and padded to the tokenizer's length. */
export async function textTable(options: TextTableOptions): Promise<TextTable> {
  checkBackend(checkObject(options, 'options').backend, 'options.backend');
  checkMethods(options.tokenizer, ['encode'], 'options.tokenizer', 'a tokenizer, as clipTokenizer() gives');
  checkObject(options.config, 'options.config');
  checkObject(options.weights, 'options.weights');
  checkWhole(options.batch, { min: 1, max: 1e4 }, 'options.batch');
  const { backend, tokenizer, config, weights, batch } = options;
  const [length, width] = [tokenizer.maxLength, config.hidden_size];
  const encoder = await backend.compile(textGraph(config, length, batch), weights);
  const encode = async (texts: readonly string[], output: 'hidden' | 'pooled', size: number) => {
    const data = new Float32Array(texts.length * size);
    for (let from = 0; from < texts.length; from += batch) {
      const count = Math.min(batch, texts.length - from);
      const rows = Array.from({ length: batch }, (_, i) => texts[from + i] ?? '');
      const outputs = await encoder.run({ ids: tokenizer.encodePadded(rows) });
      data.set((outputs[output]!.data as Float32Array).subarray(0, count * size), from * size);
    }
    return data;
  };
  const known = new Map<string, Float32Array>();
  const learn = async (texts: readonly string[]): Promise<void> => {
    const missing = [...new Set(texts)].filter((text) => !known.has(text));
    const vectors = await encode(missing, 'pooled', width);
    missing.forEach((text, i) => {
      known.set(text, vectors.slice(i * width, (i + 1) * width));
    });
  };
  return {
    tokenizer,
    captions: async (texts) =>
      tensor(await encode(texts, 'hidden', length * width), [texts.length, length, width]),
    async phrases(texts) {
      await learn(texts);
      const data = new Float32Array(texts.length * width);
      texts.forEach((text, i) => {
        data.set(known.get(text)!, i * width);
      });
      return tensor(data, [texts.length, width]);
    },
    dispose: () => encoder.dispose(),
  };
}
