// The files of a model directory that change when its vocabulary grows.

import { checkList, checkObject } from '../checks/index.js';
import { checkFiles, type FileSource, readJsonFile } from '../io/files.js';
import { decodeUtf8, encodeUtf8, isJsonObject, type JsonObject } from '../io/text.js';
import { parseClipTextConfig } from '../models/clipTextConfig.js';
import { readModelDeclaration } from '../modules/modelDeclaration.js';
import { readClipTokenizer } from '../pipeline/tokenizerFiles.js';
import { readWords, WORDS } from '../pipeline/words.js';
import type { VocabularyGrowth } from './growth.js';

const json = (value: unknown, indent = 2): Uint8Array =>
  encodeUtf8(`${JSON.stringify(value, null, indent)}\n`);

/** The changed files by path: tokenizer, list of words, the text encoder's config. Its weights are not among them. */
export async function grownFiles(
  base: FileSource,
  growth: VocabularyGrowth,
): Promise<ReadonlyMap<string, Uint8Array>> {
  checkList(checkObject(growth, 'growth').tokens, 'growth.tokens', 'tokens');
  checkFiles(base, 'base');
  const files = new Map<string, Uint8Array>();
  await growPair(base, growth, files);
  await growWhole(base, growth, files);
  const path = (await readModelDeclaration(base))?.vocabulary ?? WORDS;
  const words = await readWords(base, path === WORDS ? undefined : path);
  if (words) files.set(path, json([...words, ...growth.words.filter((word) => !words.includes(word))]));
  const config = await readJsonFile(base, 'text_encoder/config.json');
  files.set('text_encoder/config.json', json({ ...config, ...(await grownConfig(base, config, growth)) }));
  return files;
}

async function grownConfig(
  base: FileSource,
  config: JsonObject,
  { tokens, firstId }: VocabularyGrowth,
): Promise<JsonObject> {
  const { vocab_size } = parseClipTextConfig(config);
  if (vocab_size !== firstId) {
    throw new Error(
      `text_encoder/config.json: vocab_size is ${vocab_size}, and the new tokens begin at ${firstId}: they belong to another vocabulary`,
    );
  }
  // The old mistake that stands for "the largest id" would take the new tokens for ends.
  const { endId } = await readClipTokenizer(base);
  return { vocab_size: firstId + tokens.length, eos_token_id: endId };
}

/** vocab.json and merges.txt. */
async function growPair(
  base: FileSource,
  growth: VocabularyGrowth,
  files: Map<string, Uint8Array>,
): Promise<void> {
  const [vocabPath, mergesPath] = ['tokenizer/vocab.json', 'tokenizer/merges.txt'];
  const merges = await base.read(mergesPath);
  if (!merges || !(await base.read(vocabPath))) return;
  files.set(vocabPath, json({ ...(await readJsonFile(base, vocabPath)), ...idsOf(growth) }, 0));
  const text = decodeUtf8(merges, mergesPath).replace(/\s*$/, '\n');
  files.set(mergesPath, encodeUtf8(text + growth.merges.map((pair) => `${pair}\n`).join('')));
}

/** tokenizer.json, which Python's fast tokenizers read first. */
async function growWhole(
  base: FileSource,
  growth: VocabularyGrowth,
  files: Map<string, Uint8Array>,
): Promise<void> {
  const path = 'tokenizer/tokenizer.json';
  if (!(await base.read(path))) return;
  const whole = await readJsonFile(base, path);
  const model = isJsonObject(whole.model) ? whole.model : {};
  const merges: readonly unknown[] = Array.isArray(model.merges) ? model.merges : [];
  const inPairs = merges.some((pair) => Array.isArray(pair));
  const own = growth.merges.map((pair) => (inPairs ? pair.split(' ') : pair));
  const vocab = { ...(isJsonObject(model.vocab) ? model.vocab : {}), ...idsOf(growth) };
  files.set(path, json({ ...whole, model: { ...model, vocab, merges: [...merges, ...own] } }));
}

const idsOf = ({ tokens, firstId }: VocabularyGrowth): Record<string, number> =>
  Object.fromEntries(tokens.map((token, i) => [token, firstId + i]));
