// Words that a model never learnt, and what has to change for it to learn them.

import { checkKeys } from '../checks/index.js';
import { showValue } from '../checks/showValue.js';
import type { Tensor } from '../graph/tensor.js';
import { checkFiles, type FileSource } from '../io/files.js';
import { readComponentConfig, readWeights } from '../io/modelDirectory.js';
import { withTextModel } from '../models/clipText.js';
import { parseClipTextConfig } from '../models/clipTextConfig.js';
import { readModelDeclaration } from '../modules/modelDeclaration.js';
import { type ClipTokenizer, clipTokenizer } from '../pipeline/tokenizer.js';
import { readClipTokenizerOptions } from '../pipeline/tokenizerFiles.js';
import { readWords } from '../pipeline/words.js';
import { type ModelChanges, TOKEN_EMBEDDING } from './adaptedFiles.js';
import { growVocabulary, withGrowth } from './growth.js';
import { learntWords } from './learntWords.js';
import { newRows } from './newRows.js';

/** The most words that a model learns at once: each is rows of the text embedding that start from nothing. */
const MOST_WORDS = 1000;
/** The longest new word, in letters. */
const LONGEST = 64;
/** Words from which the numbers of new rows are drawn, at least. */
const FEW = 16;

/** Options of `newWords`. */
export interface NewWordsOptions {
  /** Captions and phrases. */
  readonly texts: Iterable<string>;
  /** Names of single things; the plurals of those that are new become words that are read as the singular, and singulars of plurals. Default: none. */
  readonly names?: Iterable<string>;
  /** Decides, with the word, the first numbers of its rows. */
  readonly seed: number;
}

/**
 * What a model must gain to read the words of these texts, for `adaptedFiles`: tokens, merges, rows of the text embedding.
 * Undefined where it knows them all, or has no list of words and so takes any. Throws an error that says which words cannot
 * be added.
 */
export async function newWords(
  base: FileSource,
  options: NewWordsOptions,
): Promise<ModelChanges | undefined> {
  checkFiles(base, 'base');
  checkKeys(options, ['texts', 'names', 'seed'], 'options');
  const { texts, names = [], seed } = options;
  const known = await readWords(base, (await readModelDeclaration(base))?.vocabulary);
  if (!known) return undefined;
  const learnt = learntWords(texts, names, known);
  // Plurals stand last, so that they move no row of a word that is learnt.
  const words = [...new Set([...learnt.words, ...learnt.plurals.keys()])];
  if (words.length === 0) return undefined;
  checkWords(learnt.words);
  const own = await readClipTokenizerOptions(base);
  const tokenizer = clipTokenizer(own);
  const kept = piecesOf(tokenizer, known);
  const firstId = await vocabularySize(base, Object.values(own.vocab));
  const growth = { words, ...growVocabulary(own, piecesOf(tokenizer, words), kept, firstId) };
  const grown = clipTokenizer(withGrowth(own, growth));
  checkHeld(grown, words);
  if (growth.tokens.length === 0) return { weights: {}, growth };
  const params = withTextModel(await readWeights(base, 'text_encoder', { float32: true }));
  const embedding = params[TOKEN_EMBEDDING];
  if (!embedding) throw new Error(`text_encoder: ${TOKEN_EMBEDDING} is missing`);
  const whole = kept.map((piece) => tokenizer.encode(piece)).filter((ids) => ids.length === 1);
  const ids = [...new Set(whole.flat())].filter((id) => id !== tokenizer.unknownId);
  // A few rows have hardly any deviation; all rows then stand for words.
  const alike = ids.length >= FEW ? ids : Array.from({ length: firstId }, (_, id) => id);
  const rows = newRows(embedding, alike, growth.tokens, seed);
  for (const [plural, singular] of learnt.plurals) {
    const [to, from] = [lastToken(grown, plural), lastToken(grown, singular)];
    // Tokens that are parts of words may be parts of others, too.
    if (to === undefined || from === undefined || to < firstId) continue;
    rowOf(rows, to - firstId).set(tokenRow(embedding, rows, from));
  }
  return { weights: {}, growth, rows };
}

/** The token that the last piece of a word is as a whole; undefined where it is several. */
function lastToken(tokenizer: ClipTokenizer, word: string): number | undefined {
  const ids = tokenizer.encode(tokenizer.words(word).at(-1)!);
  return ids.length === 1 ? ids[0] : undefined;
}

/** The row of a token, where the new rows follow those of the embedding. */
function tokenRow(embedding: Tensor, rows: Tensor, id: number): Float32Array {
  const count = embedding.shape[0]!;
  return id < count ? rowOf(embedding, id) : rowOf(rows, id - count);
}

const rowOf = ({ data, shape }: Tensor, row: number): Float32Array =>
  (data as Float32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!);

const piecesOf = (tokenizer: ClipTokenizer, words: readonly string[]): string[] => [
  ...new Set(words.flatMap((word) => tokenizer.words(word))),
];

function checkWords(words: readonly string[]): void {
  if (words.length > MOST_WORDS) {
    throw new Error(
      `${words.length} words are new to the model, and it learns ${MOST_WORDS} at most: ${words.slice(0, 5).join(', ')} and so on; ` +
        'name fewer categories, or write captions with fewer words',
    );
  }
  const long = words.find((word) => [...word].length > LONGEST);
  if (long === undefined) return;
  throw new Error(
    `${showValue(long)} is longer than ${LONGEST} letters, and cannot be a new word; shorten it`,
  );
}

/** The text encoder's vocabulary, where all ids of the tokenizer lie in it. */
async function vocabularySize(base: FileSource, ids: readonly number[]): Promise<number> {
  const { vocab_size } = parseClipTextConfig(await readComponentConfig(base, 'text_encoder'));
  const most = ids.reduce((a, b) => Math.max(a, b), 0);
  if (most < vocab_size) return vocab_size;
  throw new Error(
    `tokenizer: the id ${most} lies beyond text_encoder/config.json's vocab_size (${vocab_size}); new words cannot be added`,
  );
}

/** Throws where a word holds a character that the tokenizer turns into its unknown token even so. */
function checkHeld(tokenizer: ClipTokenizer, words: readonly string[]): void {
  const lost = words.find((word) => tokenizer.encode(word).includes(tokenizer.unknownId));
  if (lost === undefined) return;
  throw new Error(`${showValue(lost)} holds characters that the tokenizer cannot hold; write it in others`);
}
