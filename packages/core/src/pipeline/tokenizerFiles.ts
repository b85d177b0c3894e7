// A diffusers `tokenizer/` folder: vocab.json and merges.txt or tokenizer.json, tokenizer_config.json,
// special_tokens_map.json, added_tokens.json.

import { checkList, checkObject } from '../checks/index.js';
import { showValue } from '../checks/showValue.js';
import { checkFiles, type FileSource, readFile, readJsonFile } from '../io/files.js';
import { decodeUtf8, encodeUtf8, isJsonObject, type JsonObject, parseJsonObject } from '../io/text.js';
import { checkId, groupVectors, parseAddedTokens, parseDecoder } from './addedTokens.js';
import { type ClipTokenizer, type ClipTokenizerOptions, clipTokenizer } from './tokenizer.js';
import { parseTokenizerJson, type TokenizerJson } from './tokenizerJson.js';

/**
 * Reads a CLIP tokenizer from its folder in a model directory.
 *
 * vocab.json and merges.txt, or tokenizer.json alone must be there; tokenizer_config.json and special_tokens_map.json, the
 * latter first, may name bos_token, eos_token, pad_token and unk_token, and added_tokens.json tokens of textual inversion.
 * Rejects with an error that names the file and the field at fault.
 */
export async function readClipTokenizer(source: FileSource, folder = 'tokenizer'): Promise<ClipTokenizer> {
  checkFiles(source, 'source');
  return clipTokenizer(await readClipTokenizerOptions(source, folder));
}

/** What `readClipTokenizer` makes a tokenizer of; rejects as it does. */
export async function readClipTokenizerOptions(
  source: FileSource,
  folder = 'tokenizer',
): Promise<ClipTokenizerOptions> {
  checkFiles(source, 'source');
  const { vocab, merges, added, ...own } = await readVocabulary(source, folder);
  const configPath = `${folder}/tokenizer_config.json`;
  const config = await readOptional(source, configPath);
  const special = { ...config, ...(await readOptional(source, `${folder}/special_tokens_map.json`)) };
  const addedPath = `${folder}/added_tokens.json`;
  const later = parseAddedTokens(await readOptional(source, addedPath), addedPath);
  const names = new Map([...added, ...parseDecoder(config, configPath), ...later]);
  for (const name of names.keys()) if (Object.hasOwn(vocab, name)) names.delete(name);
  return {
    vocab,
    merges,
    maxLength: readMaxLength(config.model_max_length ?? own.maxLength ?? 77, configPath),
    startToken: readToken(special, 'bos_token', folder),
    endToken: readToken(special, 'eos_token', folder),
    padToken: readToken(special, 'pad_token', folder) ?? own.padToken,
    unknownToken: readToken(special, 'unk_token', folder) ?? own.unknownToken,
    addedTokens: groupVectors(names),
  };
}

interface Vocabulary extends Omit<TokenizerJson, 'vocab'> {
  readonly vocab: Readonly<Record<string, number>>;
}

async function readVocabulary(source: FileSource, folder: string): Promise<Vocabulary> {
  const [path, whole] = [`${folder}/vocab.json`, `${folder}/tokenizer.json`];
  const single = (await source.read(path)) === undefined ? await source.read(whole) : undefined;
  if (single) {
    const parsed = parseTokenizerJson(parseJsonObject(decodeUtf8(single, whole), whole), whole);
    const vocab = readVocab(parsed.vocab, whole);
    for (const [i, pair] of parsed.merges.entries())
      checkMerge(pair, vocab, () => `${whole}: model.merges[${i}]`);
    return { ...parsed, vocab };
  }
  const vocab = readVocab(await readJsonFile(source, path), path);
  const mergesPath = `${folder}/merges.txt`;
  const text = decodeUtf8(await readFile(source, mergesPath), mergesPath);
  const merges = parseMerges(text);
  for (const pair of merges) checkMerge(pair, vocab, () => `${mergesPath}: line ${lineOf(text, pair)}`);
  return { vocab, merges, added: new Map() };
}

/** The files that `readClipTokenizer` and Python's CLIPTokenizer read, by name. */
export function clipTokenizerFiles(options: ClipTokenizerOptions): Readonly<Record<string, Uint8Array>> {
  checkObject(checkObject(options, 'options').vocab, 'options.vocab');
  checkList(options.merges, 'options.merges', 'pairs');
  const { maxLength = 77, startToken = '<|startoftext|>', endToken = '<|endoftext|>' } = options;
  const special = {
    bos_token: startToken,
    eos_token: endToken,
    pad_token: options.padToken ?? endToken,
    unk_token: options.unknownToken ?? endToken,
  };
  const config = {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: maxLength,
    do_lower_case: true,
    ...special,
  };
  const json = (value: unknown) => encodeUtf8(`${JSON.stringify(value, null, 2)}\n`);
  return {
    'vocab.json': encodeUtf8(JSON.stringify(options.vocab)),
    'merges.txt': encodeUtf8(['#version: 0.2', ...options.merges, ''].join('\n')),
    'tokenizer_config.json': json(config),
    'special_tokens_map.json': json(special),
  };
}

/** Pairs that CLIP uses: the tokens of its vocabulary without 512 signs and 2 special ones. */
const MOST_MERGES = 49_408 - 514;

/**
 * The pairs of a merges.txt, without its version line. Of a longer file, such as the one that CLIP's authors publish, only
 * the first 48,894 count. Source: CLIPTokenizer of transformers, openai/CLIP's simple_tokenizer.py.
 */
export function parseMerges(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines
    .filter((line, i) => line !== '' && !(i === 0 && line.includes('#version')))
    .slice(0, MOST_MERGES);
}

/** Throws where two pieces cannot be joined to one of the vocabulary: words that have them would be encoded as unknown. */
function checkMerge(pair: string, vocab: Vocabulary['vocab'], place: () => string): void {
  const [left, right, ...more] = pair.split(' ');
  if (!left || !right || more.length > 0) {
    throw new Error(
      `${place()}: must be two pieces with a space between them, not ${showValue(pair)}; the file is damaged, fetch it again`,
    );
  }
  if (Object.hasOwn(vocab, left + right)) return;
  throw new Error(
    `${place()}: ${showValue(pair)} makes ${showValue(left + right)}, which the vocabulary lacks; one of both is damaged or of another tokenizer, fetch them again`,
  );
}

const lineOf = (text: string, line: string): number => text.split(/\r?\n/).indexOf(line) + 1;

function readVocab(json: JsonObject, path: string): Readonly<Record<string, number>> {
  const ids = Object.entries(json).map(
    ([token, id]) => [token, checkId(id, `${path}: ${showValue(token)}`)] as const,
  );
  return Object.fromEntries(ids);
}

async function readOptional(source: FileSource, path: string): Promise<JsonObject> {
  return (await source.read(path)) === undefined ? {} : readJsonFile(source, path);
}

/** The longest row that is made; CLIP's text encoders have 77 positions. */
const LONGEST_ROW = 8192;

// transformers writes 1e30 for "no limit".
function readMaxLength(length: unknown, path: string): number {
  if (typeof length !== 'number') throw new Error(`${path}: model_max_length must be a number`);
  if (length > 1e6) return 77;
  if (length <= LONGEST_ROW) return length;
  throw new Error(`${path}: model_max_length must be at most ${LONGEST_ROW}, not ${length}`);
}

/** A special token is text, or an object with the text as `content`. */
function readToken(special: JsonObject, field: string, folder: string): string | undefined {
  const value = special[field] ?? undefined;
  const token = isJsonObject(value) ? value.content : value;
  if (token === undefined || typeof token === 'string') return token;
  throw new Error(`${folder}: ${field} must be text or an object with text as its content`);
}
