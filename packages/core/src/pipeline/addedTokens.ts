// Tokens that were added to a vocabulary later, such as those of textual inversion: names in a text that stand for ids.

import { showValue } from '../checks/showValue.js';
import { isJsonObject, type JsonObject } from '../io/text.js';

/** The ids that each name stands for; one, or several for an embedding of several vectors. */
export type AddedTokens = Readonly<Record<string, readonly number[]>>;

/**
 * Names and ids as diffusers keeps them: of an embedding of several vectors the first is called NAME, the others NAME_1,
 * NAME_2 and so on, and NAME in a prompt stands for all of them.
 */
export function groupVectors(ids: ReadonlyMap<string, number>): AddedTokens {
  const grouped = [...ids].map(([name, id]) => {
    const group = [id];
    for (let next = ids.get(`${name}_1`); next !== undefined; next = ids.get(`${name}_${group.length}`)) {
      group.push(next);
    }
    return [name, group] as const;
  });
  return Object.fromEntries(grouped);
}

/** Added tokens of an added_tokens.json: name to id. Throws an error that names the file. */
export function parseAddedTokens(json: JsonObject, path: string): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(json).map(([name, id]) => [name, checkId(id, `${path}: ${showValue(name)}`)]),
  );
}

/** Added tokens of a tokenizer_config.json (`added_tokens_decoder`): id to an object with the name as `content`. */
export function parseDecoder(config: JsonObject, path: string): ReadonlyMap<string, number> {
  const decoder = isJsonObject(config.added_tokens_decoder) ? config.added_tokens_decoder : {};
  const found = Object.entries(decoder).flatMap(([id, token]) => {
    const content = isJsonObject(token) ? token.content : undefined;
    if (typeof content !== 'string') return [];
    return [[content, checkId(Number(id), `${path}: added_tokens_decoder: ${showValue(content)}`)] as const];
  });
  return new Map(found);
}

/** Ids are fed as int32. */
const LARGEST_ID = 2 ** 31 - 1;

/** A token's id; `path` names it in errors. */
export function checkId(id: unknown, path: string): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= LARGEST_ID) return id;
  throw new Error(`${path} must have a whole number in 0..${LARGEST_ID} as its id`);
}

/** Cuts texts at added tokens. */
export interface AddedTokenSplitter {
  /** Parts of the text, in order: ids where an added token stood, text elsewhere. */
  split(text: string): readonly (string | readonly number[])[];
}

/**
 * Added tokens are found in any case, as whole words where they begin or end with a letter or a digit; of two that fit,
 * the longer.
 */
export function addedTokenSplitter(tokens: AddedTokens): AddedTokenSplitter {
  const names = Object.keys(tokens).sort((a, b) => b.length - a.length);
  if (names.length === 0) return { split: (text) => [text] };
  const anyCase = new Map(names.map((name) => [name.toLowerCase(), tokens[name]!]));
  const pattern = new RegExp(`(${names.map(patternOf).join('|')})`, 'giu');
  return {
    split: (text) =>
      text
        .split(pattern)
        .map((part, i) =>
          i % 2 === 0
            ? part
            : ((Object.hasOwn(tokens, part) ? tokens[part] : anyCase.get(part.toLowerCase())) ?? part),
        ),
  };
}

function patternOf(name: string): string {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/-]/g, (sign) => (sign === '-' ? '\\x2d' : `\\${sign}`));
  const begins = /^[\p{L}\p{N}]/u.test(name) ? '(?<![\\p{L}\\p{N}])' : '';
  const ends = /[\p{L}\p{N}]$/u.test(name) ? '(?![\\p{L}\\p{N}])' : '';
  return begins + escaped + ends;
}
