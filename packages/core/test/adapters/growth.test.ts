// New words in CLIP's own vocabulary, held against Hugging Face's library.

import { Tokenizer } from '@huggingface/tokenizers';
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growVocabulary, withGrowth } from '../../src/adapters/index.js';
import { clipTokenizer } from '../../src/pipeline/tokenizer.js';
import { parseMerges } from '../../src/pipeline/tokenizerFiles.js';

const clip = {
  vocab: fixtureJson('clip-tokenizer/vocab.json') as Readonly<Record<string, number>>,
  // The first merges: single words of all lengths are then several tokens.
  merges: parseMerges(new TextDecoder().decode(fixtureBytes('clip-tokenizer/merges.txt'))).slice(0, 3000),
};
const firstId = Math.max(...Object.values(clip.vocab)) + 1;
const old = ['dog', 'garbage', 'truck', 'strawberry', 'photograph'];

function grown(words: readonly string[], kept: readonly string[] = old) {
  const growth = { words, ...growVocabulary(clip, words, kept, firstId) };
  return { growth, options: withGrowth(clip, growth) };
}

/** As transformers' fast tokenizer, without its special tokens. */
function library({ vocab, merges }: typeof clip): (word: string) => number[] {
  const tokenizer = new Tokenizer(
    {
      added_tokens: [],
      normalizer: { type: 'Lowercase' },
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      post_processor: null,
      decoder: null,
      model: {
        ...{ type: 'BPE', vocab, merges: [...merges], unk_token: '<|endoftext|>' },
        ...{ end_of_word_suffix: '</w>', continuing_subword_prefix: '' },
      },
    },
    {},
  );
  return (word) => [...tokenizer.encode(word, { add_special_tokens: false }).ids];
}

const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,14}$/),
  fc.constantFrom('bananananas', 'aaaaaaa', 'каска', 'ヘルメット', 'forklift', 'forklifts', 'über'),
);

describe('growVocabulary', () => {
  it('makes one token of each new word, with ids behind the old ones', () => {
    const words = ['zqforklift', 'zqforklifts', 'каскаска'];
    const { growth, options } = grown(words);
    const tokenizer = clipTokenizer(options);
    expect(words.map((each) => tokenizer.encode(each).length)).toEqual([1, 1, 1]);
    const ids = growth.tokens.map((token) => options.vocab[token]);
    expect(ids).toEqual(growth.tokens.map((_, i) => firstId + i));
    expect(growth.tokens.some((token) => Object.hasOwn(clip.vocab, token))).toBe(false);
  });

  it('leaves the ids of old words as they are, and agrees with the library', () => {
    const before = clipTokenizer(clip);
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 6 }),
        fc.array(word, { maxLength: 4 }),
        (words, more) => {
          const kept = [...old, ...more];
          const after = clipTokenizer(grown(words, kept).options);
          for (const each of kept) expect(after.encode(each)).toEqual(before.encode(each));
          expect(words.flatMap((each) => after.encode(each))).not.toContain(after.unknownId);
        },
      ),
      { numRuns: 25 },
    );
    const words = ['bananananas', 'aaaaaaa', 'каска', 'forkliftz', 'liftzzz', 'zzz'];
    const { options } = grown(words);
    const [own, theirs] = [clipTokenizer(options), library(options)];
    for (const each of [...words, ...old, 'liftzz', 'zzzzz']) expect(own.encode(each)).toEqual(theirs(each));
  });

  it('takes no pair that an old word holds side by side', () => {
    const vocab = { a: 0, b: 1, 'c</w>': 2, 'b</w>': 3 };
    const growth = growVocabulary({ vocab, merges: [] }, ['abc'], ['ab', 'abc'], 4);
    expect(growth).toEqual({ tokens: [], merges: [], firstId: 4 });
    const free = growVocabulary({ vocab, merges: [] }, ['abc'], ['ab'], 4);
    expect(free).toEqual({ tokens: ['ab', 'abc</w>'], merges: ['a b', 'ab c</w>'], firstId: 4 });
  });

  it('adds the bytes that a small vocabulary lacks', () => {
    const growth = growVocabulary({ vocab: { a: 0, 'a</w>': 1 }, merges: [] }, ['aß'], [], 2);
    expect(growth.tokens).toEqual(['Ã', 'Ł</w>', 'aÃ', 'aÃŁ</w>']);
  });
});
