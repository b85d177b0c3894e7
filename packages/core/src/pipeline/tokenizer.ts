// CLIP's byte-pair tokenizer.

import { checkKeys, checkList, checkMethods, checkObject, checkText } from '../checks/index.js';
import { showValue } from '../checks/showValue.js';
import { type Tensor, tensor } from '../graph/tensor.js';
import { type AddedTokens, addedTokenSplitter } from './addedTokens.js';
import { bytePairs } from './bytePairs.js';

/** Options of `clipTokenizer`: vocab.json and merges.txt, as transformers has them. */
export interface ClipTokenizerOptions {
  /** Token to id, as in vocab.json. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs `a b` in order of rank, as the lines of merges.txt after its first. */
  readonly merges: readonly string[];
  /** Length of a padded row, start and end token included; at least 2, default 77. */
  readonly maxLength?: number;
  /** Default `<|startoftext|>`. */
  readonly startToken?: string;
  /** Default `<|endoftext|>`. */
  readonly endToken?: string;
  /** Default: the end token, as in CLIP; Stable Diffusion 2 uses `!`. */
  readonly padToken?: string;
  /** What stands for a piece that the vocabulary lacks; default: the end token, as in CLIP. */
  readonly unknownToken?: string;
  /** Names that stand for ids of their own, such as those of textual inversion. */
  readonly addedTokens?: AddedTokens;
}

const OPTIONS = [
  'vocab',
  'merges',
  'maxLength',
  'startToken',
  'endToken',
  'padToken',
  'unknownToken',
  'addedTokens',
] as const satisfies readonly (keyof ClipTokenizerOptions)[];

/** CLIP's byte pair encoding of texts. */
export interface ClipTokenizer {
  readonly maxLength: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  readonly unknownId: number;
  /** The ids of a text, without start and end token, of any length. */
  encode(text: string): number[];
  /** The words that are encoded one by one, lower-cased: letters, single digits, runs of other signs. */
  words(text: string): string[];
  /** Whether a word ends with a token: false for pieces that another one follows within a word. */
  endsWord(id: number): boolean;
  /** int32 [texts, maxLength]: start token, ids cut to fit, end token, padding. */
  encodePadded(texts: readonly string[]): Tensor;
  /** As `encodePadded`, of ids that `encode` gave. */
  pad(rows: readonly (readonly number[])[]): Tensor;
}

// The split pattern of openai/CLIP's tokenizer (clip/simple_tokenizer.py) without its special tokens.
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;

/** Throws unless texts can be encoded with it. */
export function checkTokenizer(given: unknown, path = 'tokenizer'): void {
  checkMethods(given, ['encode', 'words', 'pad'], path, 'a tokenizer, as clipTokenizer() gives');
}

/**
 * A tokenizer with CLIP's rules: NFC, lower case, byte-level pairs with `</w>` at the end of words.
 *
 * Follows Hugging Face's CLIPTokenizerFast; HTML entities are not unescaped, special tokens written in the
 * text become their ids. Throws when maxLength is too small or the vocabulary lacks a special token.
 */
export function clipTokenizer(options: ClipTokenizerOptions): ClipTokenizer {
  checkObject(checkKeys(options, OPTIONS, 'options').vocab, 'options.vocab');
  checkList(options.merges, 'options.merges', 'pairs');
  const { vocab, maxLength = 77, startToken = '<|startoftext|>', endToken = '<|endoftext|>' } = options;
  const { padToken = endToken, unknownToken = endToken } = options;
  if (!Number.isInteger(maxLength) || maxLength < 2) {
    throw new Error(`tokenizer: maxLength must be a whole number of at least 2, got ${showValue(maxLength)}`);
  }
  const idOf = (field: string, token: string): number => {
    const id = token !== '' && Object.hasOwn(vocab, token) ? vocab[token] : undefined;
    if (id === undefined) throw new Error(`tokenizer: ${field} ${showValue(token)} is not in the vocabulary`);
    return id;
  };
  const startId = idOf('startToken', startToken);
  const endId = idOf('endToken', endToken);
  const padId = idOf('padToken', padToken);
  const unknownId = idOf('unknownToken', unknownToken);

  const pieces = bytePairs(options.merges);
  const pieceId = (piece: string): number => (Object.hasOwn(vocab, piece) ? vocab[piece]! : unknownId);
  // Of Stable Diffusion 2 also "!", which pads.
  const special = new Map([
    [startToken, startId],
    [endToken, endId],
    [padToken, padId],
    [unknownToken, unknownId],
  ]);
  const words = (text: string): string[] => text.normalize('NFC').toLowerCase().match(wordPattern) ?? [];
  const added = addedTokenSplitter(options.addedTokens ?? {});
  let inner: ReadonlySet<number> | undefined;
  const endsWord = (id: number): boolean => {
    inner ??= innerPieces(vocab, [startId, endId, padId, unknownId]);
    return !inner.has(id);
  };
  const encodeWords = (text: string): number[] =>
    added
      .split(text)
      .flatMap((part) =>
        typeof part === 'string' ? words(part).flatMap((word) => pieces(word).map(pieceId)) : part,
      );
  const encode = (text: string): number[] =>
    splitAt(checkText(text, 'text'), [...special.keys()]).flatMap(
      (part) => special.get(part) ?? encodeWords(part),
    );

  const pad = (rows: readonly (readonly number[])[]): Tensor => {
    const ids = rows.flatMap((row) => {
      const framed = [startId, ...row.slice(0, maxLength - 2), endId];
      return [...framed, ...new Array<number>(maxLength - framed.length).fill(padId)];
    });
    return tensor(ids, [rows.length, maxLength], 'int32');
  };

  return {
    maxLength,
    startId,
    endId,
    padId,
    unknownId,
    encode,
    words,
    endsWord,
    pad,
    encodePadded: (texts) => pad(texts.map(encode)),
  };
}

/** Pieces that stand within a word alone; those at its end carry `</w>`. */
function innerPieces(vocab: ClipTokenizerOptions['vocab'], special: readonly number[]): ReadonlySet<number> {
  const entries = Object.entries(vocab).filter(
    ([piece, id]) => !piece.endsWith('</w>') && !special.includes(id),
  );
  return new Set(entries.map(([, id]) => id));
}

/** The text cut before and after each of the separators, which stay; of two that fit, the longer. */
function splitAt(text: string, separators: readonly string[]): string[] {
  const longestFirst = [...separators].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return text.split(new RegExp(`(${escaped.join('|')})`));
}
