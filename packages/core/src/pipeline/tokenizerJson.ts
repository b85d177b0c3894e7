// tokenizer.json, the one file of Hugging Face's fast tokenizers, which may lie alone.

import { showValue } from '../checks/showValue.js';
import { isJsonObject, type JsonObject } from '../io/text.js';
import { checkId } from './addedTokens.js';

export interface TokenizerJson {
  readonly vocab: JsonObject;
  /** Pairs `a b` in order of rank. */
  readonly merges: readonly string[];
  readonly unknownToken?: string;
  readonly padToken?: string;
  readonly maxLength?: number;
  readonly added: ReadonlyMap<string, number>;
}

/** Reads the parsed tokenizer.json of a CLIP tokenizer; throws an error that names the file and the field at fault. */
export function parseTokenizerJson(json: JsonObject, path: string): TokenizerJson {
  const model = isJsonObject(json.model) ? json.model : {};
  const { type = 'BPE', vocab, merges, unk_token: unknown, end_of_word_suffix: suffix } = model;
  if (type !== 'BPE' || !isJsonObject(vocab) || !Array.isArray(merges)) {
    throw new Error(`${path}: model must be byte pairs (BPE) with a vocab and merges, as CLIP's is`);
  }
  if (suffix !== '</w>') {
    throw new Error(
      `${path}: model.end_of_word_suffix must be "</w>", as CLIP's is, not ${showValue(suffix)}; this is another model's tokenizer`,
    );
  }
  const padding = isJsonObject(json.padding) ? json.padding.pad_token : undefined;
  const most = isJsonObject(json.truncation) ? json.truncation.max_length : undefined;
  return {
    vocab,
    merges: merges.map((pair: unknown, i) => mergeOf(pair, `${path}: model.merges[${i}]`)),
    ...(typeof unknown === 'string' ? { unknownToken: unknown } : {}),
    ...(typeof padding === 'string' ? { padToken: padding } : {}),
    ...(typeof most === 'number' ? { maxLength: most } : {}),
    added: addedTokens(json.added_tokens, path),
  };
}

/** Older files hold `"a b"`, newer ones `["a", "b"]`. */
function mergeOf(pair: unknown, path: string): string {
  if (typeof pair === 'string') return pair;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((half) => typeof half === 'string')) {
    return pair.join(' ');
  }
  throw new Error(`${path} must be a pair, not ${showValue(pair)}`);
}

function addedTokens(given: unknown, path: string): ReadonlyMap<string, number> {
  if (!Array.isArray(given)) return new Map();
  const tokens = given.flatMap((token: unknown, i) => {
    if (!isJsonObject(token) || typeof token.content !== 'string') return [];
    return [[token.content, checkId(token.id, `${path}: added_tokens[${i}]`)] as const];
  });
  return new Map(tokens);
}
