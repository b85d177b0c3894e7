// CLIP's tokenizer, whose vocabulary follows from its merges.

import type { FileSource } from '@spatiallock/core';
import { checkText } from '@spatiallock/core/checks';
import { type ClipTokenizerOptions, clipTokenizerFiles } from '@spatiallock/core/pipeline';

/** Rows of the token table of CLIP's text encoders. */
export const CLIP_TOKENS = 49_408;

/** Tokens that no merge gives: 512 signs and 2 special ones. */
const OTHER_TOKENS = 514;

/** The text of CLIP's merges.txt, which this package ships as `@spatiallock/checkpoints/assets/clip-merges.txt`. */
export type ClipMerges = string;

/**
 * The vocabulary that belongs to CLIP's merges: 256 bytes, the same at the end of a word, each merge, and two special
 * tokens. Merges beyond CLIP's 48,894 do not count, as in openai/CLIP. `padToken` is the end token for Stable Diffusion 1 and
 * `!` for 2.
 */
export function clipVocabulary(text: ClipMerges, padToken = '<|endoftext|>'): ClipTokenizerOptions {
  checkText(text, 'text', 'the text of a file');
  const lines = text
    .split(/\r?\n/)
    .filter((line, i) => line !== '' && !(i === 0 && line.includes('#version')));
  const merges = lines.slice(0, CLIP_TOKENS - OTHER_TOKENS);
  const bytes = byteSigns();
  const tokens = [
    ...bytes,
    ...bytes.map((sign) => `${sign}</w>`),
    ...merges.map((pair) => pair.replace(' ', '')),
    ...['<|startoftext|>', '<|endoftext|>'],
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { vocab, merges, padToken };
}

/** The signs for bytes, those that can be printed first, as GPT-2 orders them. */
function byteSigns(): readonly string[] {
  const printable = (byte: number): boolean =>
    (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const hidden = all.filter((byte) => !printable(byte));
  return [...all.filter(printable), ...hidden.map((_, i) => 256 + i)].map((code) =>
    String.fromCharCode(code),
  );
}

/** CLIP's tokenizer as a folder: vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json. */
export function clipTokenizerSource(text: ClipMerges, padToken?: string): FileSource {
  let files: Readonly<Record<string, Uint8Array>> | undefined;
  return {
    async read(path) {
      files ??= clipTokenizerFiles(clipVocabulary(text, padToken));
      return Object.hasOwn(files, path) ? files[path] : undefined;
    },
  };
}
