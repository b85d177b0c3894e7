// Prompts and phrases to vectors.

import type { Executable } from '../graph/backend.js';
import { type Tensor, tensor } from '../graph/tensor.js';
import { type Graph, input } from '../graph/value.js';
import { clipText } from '../models/clipText.js';
import type { ClipTextConfig } from '../models/clipTextConfig.js';
import { parameterStore } from '../nn/scope.js';
import type { GraphCache } from './graphCache.js';
import type { ClipTokenizer } from './tokenizer.js';

/** Texts that one call encodes: one graph serves any number of them. */
const BATCH = 4;

export interface EncodedTexts {
  /** A vector for every token: [texts, T, D]. */
  readonly hidden: Tensor;
  /** A vector for every text: [texts, D]. */
  readonly pooled: Tensor;
}

export interface TextComponent {
  readonly config: ClipTextConfig;
  readonly tokenizer: ClipTokenizer;
  readonly graphs: GraphCache;
}

/** Encodes texts, each different one once, cut and padded to the tokenizer's length. */
export async function encodeTexts(component: TextComponent, texts: readonly string[]): Promise<EncodedTexts> {
  const { config, tokenizer, graphs } = component;
  const [length, width] = [tokenizer.maxLength, config.hidden_size];
  const unique = [...new Set(texts)];
  const executable = await graphs.get(`batch ${BATCH}`, () => textGraph(config, length));
  const rows: Row[] = [];
  for (let from = 0; from < unique.length; from += BATCH) {
    const part = unique.slice(from, from + BATCH);
    rows.push(...(await encodeBatch(executable, tokenizer, part)));
  }
  const found = texts.map((text) => rows[unique.indexOf(text)]);
  return {
    hidden: stack(
      found.map((row) => row.hidden),
      [length, width],
    ),
    pooled: stack(
      found.map((row) => row.pooled),
      [width],
    ),
  };
}

/** The graph of the text encoder for `ids`, int32 [4, length]. */
export function textGraph(config: ClipTextConfig, length: number): Graph {
  const store = parameterStore();
  const ids = input('ids', [BATCH, length], 'int32');
  const { lastHiddenState: hidden, poolerOutput: pooled } = clipText(store.scope, config, ids);
  return { inputs: { ids }, params: store.params, outputs: { hidden, pooled } };
}

interface Row {
  readonly hidden: Float32Array;
  readonly pooled: Float32Array;
}

async function encodeBatch(
  executable: Executable,
  tokenizer: ClipTokenizer,
  texts: readonly string[],
): Promise<Row[]> {
  const padded = [...texts, ...Array.from({ length: BATCH - texts.length }, () => '')];
  const outputs = await executable.run({ ids: tokenizer.encodePadded(padded) });
  const row = (name: string, i: number): Float32Array => {
    const data = outputs[name].data as Float32Array;
    const size = data.length / BATCH;
    return data.slice(i * size, (i + 1) * size);
  };
  return texts.map((_, i) => ({ hidden: row('hidden', i), pooled: row('pooled', i) }));
}

function stack(rows: readonly Float32Array[], shape: readonly number[]): Tensor {
  const data = new Float32Array(rows.length * shape.reduce((size, n) => size * n, 1));
  let at = 0;
  for (const row of rows) {
    data.set(row, at);
    at += row.length;
  }
  return tensor(data, [rows.length, ...shape]);
}
