// Tokenizer folders: what is accepted turns any text into ids of its own vocabulary, in rows of one length.

import { clipTokenizerFiles, readClipTokenizer } from '@spatiallock/core/pipeline';
import fc, { type Arbitrary } from 'fast-check';
import { must, targetOf } from '../target.js';
import { awkwardJson, edited, scribbled } from '../values.js';

interface Folder {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly text: string;
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
const tokens = [
  ...letters,
  ...letters.map((letter) => `${letter}</w>`),
  'do',
  'dog</w>',
  '<|startoftext|>',
  '<|endoftext|>',
];
const written = clipTokenizerFiles({
  vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
  merges: ['d o', 'do g</w>'],
  maxLength: 12,
});

const textOf = (name: string): string => new TextDecoder().decode(written[name]);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const changedFile = (name: string): Arbitrary<string> => {
  const text = textOf(name);
  const whole = fc.constant(text);
  const scribble = { weight: 1, arbitrary: scribbled(whole) };
  if (!name.endsWith('.json'))
    return fc.oneof({ weight: 2, arbitrary: whole }, { weight: 2, arbitrary: scribbled(whole) });
  const json = edited([JSON.parse(text)], awkwardJson, 2).map((value) => JSON.stringify(value) ?? 'null');
  return fc.oneof({ weight: 3, arbitrary: whole }, { weight: 3, arbitrary: json }, scribble);
};

const folders: Arbitrary<Folder> = fc
  .tuple(
    fc.record({
      'vocab.json': changedFile('vocab.json'),
      'merges.txt': changedFile('merges.txt'),
      'tokenizer_config.json': changedFile('tokenizer_config.json'),
      'special_tokens_map.json': changedFile('special_tokens_map.json'),
    }),
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        'a dog',
        '',
        '<|endoftext|> <|startoftext|>',
        'dog'.repeat(3000),
        '\u0301'.repeat(500),
        '\ud800',
      ),
    ),
    fc.constantFrom<string | undefined>(
      undefined,
      undefined,
      undefined,
      undefined,
      'vocab.json',
      'special_tokens_map.json',
    ),
  )
  .map(([changed, text, missing]) => ({
    text,
    files: Object.fromEntries(
      Object.entries(changed)
        .filter(([name]) => name !== missing)
        .map(([name, content]) => [name, bytesOf(content)]),
    ),
  }));

export const tokenizers = targetOf({
  name: 'tokenizers',
  share: 10,
  inputs: folders,
  async read({ files, text }: Folder) {
    const tokenizer = await readClipTokenizer({
      read: async (path) => files[path.replace('tokenizer/', '')],
    });
    const ids = tokenizer.encode(text);
    must(
      ids.every((id) => Number.isSafeInteger(id) && id >= 0),
      `gives the ids ${ids.slice(0, 10)}`,
    );
    const { shape, data } = tokenizer.encodePadded([text, 'a dog']);
    must(shape[0] === 2 && shape[1] === tokenizer.maxLength, `gives rows of shape [${shape}]`);
    must(data[0] === tokenizer.startId, `begins a row by ${data[0]}`);
    must(data.subarray(0, shape[1]).includes(tokenizer.endId), 'gives a row without an end');
  },
  names: /^tokenizer\b/,
});
