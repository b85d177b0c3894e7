// Prompts and phrases to vectors.

import type { Executable } from '../graph/backend.js';
import { type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import { type Graph, input, type Value } from '../graph/value.js';
import { isFiniteData } from '../io/finite.js';
import { clipText } from '../models/clipText.js';
import type { ClipTextConfig } from '../models/clipTextConfig.js';
import { combineHooks } from '../models/combineHooks.js';
import { parameterStore, transformedScope } from '../nn/scope.js';
import { checkTextPart } from '../plugin/parts.js';
import type { Plugin } from '../plugin/plugin.js';
import { asPlugin } from '../plugin/pluginError.js';
import type { GraphCache } from './graphCache.js';
import { chunksOf } from './promptChunks.js';
import type { TokenRow } from './promptTokens.js';
import type { PromptWeighting } from './promptWeighting.js';
import type { ClipTokenizer } from './tokenizer.js';
import { weightedTokens } from './weightedTokens.js';

/** Chunks that one call encodes: one graph serves any number of them. */
const BATCH = 4;

/** Encoded texts: `hidden` [rows, T, D], `pooled` [rows, D]. */
export interface EncodedTexts {
  /** A vector for every token, chunk after chunk: [texts, chunks * T, D]. */
  readonly hidden: Tensor;
  /** A vector for every text, of its first chunk: [texts, D]. */
  readonly pooled: Tensor;
}

/** The text encoder of a pipeline with its compiled graphs. */
export interface TextComponent {
  readonly config: ClipTextConfig;
  readonly tokenizer: ClipTokenizer;
  readonly graphs: GraphCache;
  /** Those that change the text encoder are asked. */
  readonly plugins: readonly Plugin[];
  /**
   * The rows encoded last, reused because consecutive layouts share most of their texts. Default: nothing is kept.
   */
  readonly recent?: RecentRows;
}

/** Encoded chunks by `clipSkip` and ids, the least recently asked for first. */
export type RecentRows = Map<string, EncodedRow>;

/** A row is 315 KB in Stable Diffusion 2, less in smaller models. */
const MOST_RECENT = 32;

export interface EncodeOptions {
  /** So many of the tokenizer's length; default 1. */
  readonly chunks?: number;
  /** The inputs of plugins. */
  readonly fed?: Tensors;
  /** As whom weights of tokens are read; default false: they have none. */
  readonly weighting?: PromptWeighting | false;
  /** See `PromptOptions`; default 1. */
  readonly clipSkip?: number;
}

/** Encodes texts in chunks, each different one once; a text with fewer tokens is padded, one with more is cut. */
export async function encodeTexts(
  component: TextComponent,
  texts: readonly TokenRow[],
  { chunks = 1, fed = {}, weighting = false, clipSkip = 1 }: EncodeOptions = {},
): Promise<EncodedTexts> {
  const { config, tokenizer } = component;
  const [length, width] = [tokenizer.maxLength, config.hidden_size];
  const wanted = texts.map((text) =>
    chunksOf(tokenizer, text, chunks).map((chunk) => ({ ...chunk, key: chunk.ids.join() })),
  );
  const unique = new Map(wanted.flat().map(({ ids, key }) => [key, ids]));
  if (wanted.flat().some(({ weights }) => weights)) unique.set('', []);
  const rows = await encodedRows(component, unique, { fed, clipSkip });
  const found = wanted.map((text) =>
    text.map(({ key, weights }) => {
      const row = rows.get(key)!;
      if (!weights || weighting === false) return row;
      const counts = Array.from({ length }, (_, place) => weights[place - 1] ?? 1);
      const chunk = { hidden: row.hidden, weights: counts, empty: rows.get('')!.hidden };
      return { ...row, hidden: weightedTokens[weighting](chunk) };
    }),
  );
  return {
    hidden: stack(
      found.flatMap((text) => text.map((row) => row.hidden)),
      [texts.length, chunks * length, width],
    ),
    pooled: stack(
      found.map(([first]) => first.pooled),
      [texts.length, width],
    ),
  };
}

type RowOptions = Required<Pick<EncodeOptions, 'fed' | 'clipSkip'>>;

/** The rows of chunks of ids; recent ones are not encoded again. */
async function encodedRows(
  component: TextComponent,
  chunks: ReadonlyMap<string, readonly number[]>,
  { fed, clipSkip }: RowOptions,
): Promise<ReadonlyMap<string, EncodedRow>> {
  const { config, tokenizer, graphs, plugins } = component;
  // What plugins feed may be other numbers in each call.
  const isFed = Object.keys(fed).length > 0;
  const recent: RecentRows = (isFed ? undefined : component.recent) ?? new Map();
  const recentKey = (key: string): string => `${clipSkip}: ${key}`;
  const rows = new Map<string, EncodedRow>();
  for (const key of chunks.keys()) {
    const known = recent.get(recentKey(key));
    if (known) rows.set(key, known);
  }
  const missing = [...chunks].filter(([key]) => !rows.has(key));
  const encode = async (executable: Executable): Promise<void> => {
    for (let from = 0; from < missing.length; from += BATCH) {
      const part = missing.slice(from, from + BATCH);
      const ids = part.map(([, each]) => each);
      const encoded = await encodeBatch(executable, component, ids, fed);
      for (const [i, [key]] of part.entries()) rows.set(key, encoded[i]!);
    }
  };
  if (missing.length > 0) {
    const key = clipSkip === 1 ? `batch ${BATCH}` : `batch ${BATCH}, clip skip ${clipSkip}`;
    const build = () => textGraph(config, tokenizer.maxLength, BATCH, plugins, clipSkip);
    await graphs.use(key, build, encode);
  }
  for (const [key, row] of rows) {
    if (recent.has(recentKey(key)) || isFiniteRow(row)) keepRecent(recent, recentKey(key), row);
  }
  return rows;
}

/**
 * The graph of the text encoder for `ids`, int32 [batch, length], with what plugins add: `hidden` [batch, length, D] of the
 * layer that `clipSkip` says, `pooled` [batch, D] of the last one.
 */
export function textGraph(
  config: ClipTextConfig,
  length: number,
  batch = BATCH,
  plugins: readonly Plugin[] = [],
  clipSkip = 1,
): Graph {
  const store = parameterStore();
  const parts = plugins.flatMap(({ name: owner, text }) => {
    const part = asPlugin(owner, () => text?.network({ scope: store.scope }));
    if (part) checkTextPart(owner, part);
    return part ? [{ owner, inputs: part.inputs ?? {}, hooks: part.hooks ?? {} }] : [];
  });
  const ids = input('ids', [batch, length], 'int32');
  const scope = transformedScope(store.scope, combineHooks(parts).parameter);
  const { lastHiddenState: hidden, poolerOutput: pooled } = clipText(scope, config, ids, undefined, clipSkip);
  const inputs: Record<string, Value> = Object.assign({}, ...parts.map((part) => part.inputs));
  return { inputs: { ...inputs, ids }, params: store.params, outputs: { hidden, pooled } };
}

interface EncodedRow {
  readonly hidden: Float32Array;
  readonly pooled: Float32Array;
}

/** NaN from a device that is being lost is not kept. */
const isFiniteRow = ({ hidden, pooled }: EncodedRow): boolean => isFiniteData(hidden) && isFiniteData(pooled);

function keepRecent(recent: RecentRows, key: string, row: EncodedRow): void {
  recent.delete(key);
  recent.set(key, row);
  const [oldest] = recent.keys();
  if (recent.size > MOST_RECENT && oldest !== undefined) recent.delete(oldest);
}

async function encodeBatch(
  executable: Executable,
  { tokenizer, config }: TextComponent,
  chunks: readonly (readonly number[])[],
  fed: Tensors,
): Promise<EncodedRow[]> {
  const padded = [...chunks, ...Array.from({ length: BATCH - chunks.length }, () => [])];
  const ids = tokenizer.pad(padded);
  checkIds(ids, config);
  const outputs = await executable.run({ ...fed, ids });
  const row = (name: string, i: number): Float32Array => {
    const data = outputs[name].data as Float32Array;
    const size = data.length / BATCH;
    return data.slice(i * size, (i + 1) * size);
  };
  return chunks.map((_, i) => ({ hidden: row('hidden', i), pooled: row('pooled', i) }));
}

/** Throws where the tokenizer gave an id that the text encoder has no row for; devices fail on it, or read another row. */
function checkIds({ data }: Tensor, { vocab_size: rows }: ClipTextConfig): void {
  const largest = Math.max(...data);
  if (largest < rows) return;
  throw new Error(
    `tokenizer: a text has the token ${largest}, and the text encoder knows 0..${rows - 1} (vocab_size in text_encoder/config.json); its vocabulary or added tokens are damaged or of another model, give the tokenizer of this one`,
  );
}

function stack(rows: readonly Float32Array[], shape: readonly number[]): Tensor {
  const data = new Float32Array(shape.reduce((size, n) => size * n, 1));
  let at = 0;
  for (const row of rows) {
    data.set(row, at);
    at += row.length;
  }
  return tensor(data, shape);
}
