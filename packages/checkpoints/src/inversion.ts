// Textual inversion: words that were learnt after the text encoder, each one or several rows of its token table.

import type { FileSource } from '@spatiallock/core';
import {
  checkFiles,
  checkList,
  checkObject,
  checkText,
  checkVector,
  showValue,
} from '@spatiallock/core/checks';
import {
  decodeUtf8,
  isJsonObject,
  type JsonObject,
  parseJson,
  readComponentConfig,
  readWeights,
} from '@spatiallock/core/io';
import { withTextModel } from '@spatiallock/core/models';
import { readModelDeclaration } from '@spatiallock/core/modules';
import { readClipTokenizerOptions, wordsIn } from '@spatiallock/core/pipeline';
import { bundledWords } from './bundled.js';
import { type Checkpoint, checkCheckpoint, requireKind } from './checkpoint.js';
import { inversionNames } from './identify.js';
import { overlaid } from './overlay.js';
import { withRows } from './views.js';

/** An embedding and the name by which prompts ask for it. */
export interface Embedding {
  readonly token: string;
  /** One or several, each as wide as the text encoder's. */
  readonly vectors: readonly Float32Array[];
}

/** Names in a file that are no token: of A1111, kohya, and of pickles that were converted. */
const NAMELESS = new Set(['emb_params', 'clip_l', 'string_to_param.*', '*']);
/** The most vectors of an embedding: a prompt's tokens. */
const MOST_VECTORS = 75;

/**
 * The embedding of a file, which may be one that the file of a LoRA has beside its layers. `token` is the word that prompts
 * name it by, of several in one file also the one that is read; default: the one in the file, else `fallback`, which is the
 * file's own name as a rule. Rejects where the file holds no textual inversion, or several and `token` is none of them.
 */
export async function readEmbedding(given: Checkpoint, fallback: string, token?: string): Promise<Embedding> {
  checkCheckpoint(given);
  const bundled = given.identity.kind === 'lora' ? bundledWords(given.entries) : new Map<string, string>();
  if (bundled.size > 0) {
    const word = wordOf([...bundled.keys()], given.name, token);
    const vectors = await vectorsOf(given, bundled.get(word)!);
    return { token: checkToken(token ?? word, given.name), vectors };
  }
  const file = requireKind(given, ['textual-inversion'], 'a textual inversion (.safetensors)');
  const [name = ''] = inversionNames(file.entries);
  const vectors = await vectorsOf(file, name);
  return { token: checkToken(token ?? (NAMELESS.has(name) ? fallback : name), file.name), vectors };
}

/** Which of a LoRA's words is read: the only one, under whatever name, or the one that is asked for. */
function wordOf(words: readonly string[], file: string, token: string | undefined): string {
  const wanted = words.length === 1 ? words[0] : words.find((word) => word === token);
  if (wanted !== undefined) return wanted;
  throw new Error(
    `${file}: holds the words ${words.map(showValue).join(', ')}; name one of them, as in --embedding ${words[0]}=FILE${
      token === undefined ? '' : `, not ${showValue(token)}`
    }`,
  );
}

async function vectorsOf(file: Checkpoint, name: string): Promise<Float32Array[]> {
  const { [name]: tensor } = await file.tensors([name]);
  const width = tensor?.shape.at(-1) ?? 0;
  const { data } = tensor!;
  const count = data.length / width;
  if (!(data instanceof Float32Array) || count < 1 || count > MOST_VECTORS) {
    throw new Error(`${file.name}: must hold 1..${MOST_VECTORS} vectors of numbers, not ${count}`);
  }
  return Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width));
}

function checkToken(token: string, file: string): string {
  if (token.trim() !== '' && !token.includes('\0')) return token.trim();
  throw new Error(`${file}: ${showValue(token)} cannot be the word of an embedding; give another name`);
}

const TABLE = 'text_model.embeddings.token_embedding.weight';

/**
 * The model with these embeddings: its token table grows by their vectors, and its tokenizer by their names, of several
 * vectors as NAME, NAME_1, NAME_2, as diffusers keeps them. Rejects where a width is not the text encoder's, or a name is
 * taken, also by a piece of the vocabulary.
 */
export async function withEmbeddings(
  base: FileSource,
  embeddings: readonly Embedding[],
): Promise<FileSource> {
  checkFiles(base, 'base');
  checkList(embeddings, 'embeddings', 'embeddings { token, vectors }').forEach((each, i) => {
    const { token, vectors } = checkObject(each, `embeddings[${i}]`);
    checkText(token, `embeddings[${i}].token`);
    checkList(vectors, `embeddings[${i}].vectors`, 'vectors').forEach(
      (vector, k) => void checkVector(vector, `embeddings[${i}].vectors[${k}]`),
    );
  });
  if (embeddings.length === 0) return base;
  const config = await readComponentConfig(base, 'text_encoder');
  const [rows, width] = [Number(config.vocab_size ?? 49_408), Number(config.hidden_size ?? 512)];
  const path = 'tokenizer/added_tokens.json';
  const known = (await readObject(base, path)) ?? {};
  const { vocab, addedTokens = {} } = await readClipTokenizerOptions(base);
  const taken = new Set(
    [...Object.keys(known), ...Object.keys(addedTokens)].map((name) => name.toLowerCase()),
  );
  const added: Record<string, number> = {};
  let next = rows;
  for (const { token, vectors } of embeddings) {
    const wrong = vectors.find((vector) => vector.length !== width);
    if (wrong) {
      throw new Error(
        `embedding ${showValue(token)}: its vectors have ${wrong.length} numbers, the text encoder's ${width}; it was made for another model`,
      );
    }
    vectors.forEach((_, i) => {
      const name = i === 0 ? token : `${token}_${i}`;
      // An id of the vocabulary stands before what is added under its name, here and in Python.
      const place = Object.hasOwn(vocab, name) ? "a token of the model's vocabulary" : 'there';
      if (place !== 'there' || taken.has(name.toLowerCase()))
        throw new Error(
          `embedding ${showValue(token)}: ${showValue(name)} is ${place} already; give it another name, as in --embedding NAME=FILE`,
        );
      taken.add(name.toLowerCase());
      added[name] = next++;
    });
  }
  const counts = embeddings.map(({ token, vectors }) => [token, vectors.length] as const);
  requireApart(
    [...Object.entries(addedTokens).map(([name, { length }]) => [name, length] as const), ...counts],
    {
      ...known,
      ...added,
    },
  );
  const words = await wordsWith(base, embeddings);
  const settings = await settingsWith(base, added);
  return overlaid(base, {
    files: {
      [path]: { ...known, ...added },
      'text_encoder/config.json': {
        ...config,
        vocab_size: next,
        ...(config.eos_token_id === 2 ? { eos_token_id: 49_407 } : {}),
      },
      ...words,
      ...(settings ? { [SETTINGS]: settings } : {}),
    },
    weights: {
      async text_encoder() {
        const weights = withTextModel(await readWeights(base, 'text_encoder', { float32: true }));
        const table = weights[TABLE];
        if (!table) throw new Error(`text_encoder: ${TABLE} is missing`);
        return {
          ...weights,
          [TABLE]: withRows(
            table,
            embeddings.flatMap(({ vectors }) => vectors),
          ),
        };
      },
    },
  });
}

/** Throws where a name would be read as one more vector of another. */
function requireApart(
  counts: readonly (readonly [name: string, vectors: number])[],
  ids: Readonly<Record<string, unknown>>,
): void {
  for (const [name, count] of counts) {
    const next = `${name}_${count}`;
    if (!Object.hasOwn(ids, next)) continue;
    throw new Error(
      `embedding ${showValue(next)}: would be read as a vector of ${showValue(name)}; give it another name, as in --embedding NAME=FILE`,
    );
  }
}

const WORDS = 'tokenizer/words.json';
const SETTINGS = 'tokenizer/tokenizer_config.json';

/** Where the tokenizer's settings list added tokens, Python reads them there and in no added_tokens.json. */
async function settingsWith(
  base: FileSource,
  added: Readonly<Record<string, number>>,
): Promise<JsonObject | undefined> {
  const settings = await readObject(base, SETTINGS);
  if (!settings || !isJsonObject(settings.added_tokens_decoder)) return undefined;
  const plain = { lstrip: false, normalized: true, rstrip: false, single_word: false, special: false };
  const tokens = Object.entries(added).map(([content, id]) => [id, { content, ...plain }] as const);
  return {
    ...settings,
    added_tokens_decoder: { ...settings.added_tokens_decoder, ...Object.fromEntries(tokens) },
  };
}

async function readObject(base: FileSource, path: string): Promise<JsonObject | undefined> {
  const bytes = await base.read(path);
  return bytes && (parseJson(decodeUtf8(bytes, path), path) as JsonObject);
}

/** The list of a model that knows few words takes the new ones in; by its path, empty where there is none. */
async function wordsWith(
  base: FileSource,
  embeddings: readonly Embedding[],
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const path = (await readModelDeclaration(base))?.vocabulary ?? WORDS;
  const bytes = await base.read(path);
  const words = bytes && parseJson(decodeUtf8(bytes, path), path);
  if (!Array.isArray(words)) return {};
  return { [path]: [...words, ...embeddings.flatMap(({ token }) => wordsIn(token))] };
}
