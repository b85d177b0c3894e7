import { Tokenizer } from '@huggingface/tokenizers';
import { fixtureBytes, fixtureJson, fixtureSource } from '@spatiallock/fixtures';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bytePairs } from '../src/pipeline/bytePairs.js';
import { clipTokenizer } from '../src/pipeline/tokenizer.js';
import { clipTokenizerFiles, parseMerges, readClipTokenizer } from '../src/pipeline/tokenizerFiles.js';

const expected = Object.values(fixtureJson('clip-tokenizer/expected.json')) as {
  text: string;
  ids: number[];
}[];
// openai/CLIP unescapes HTML entities, Hugging Face's tokenizers do not.
const cases = expected.filter(({ text }) => !text.includes('&amp;'));
const clip = await readClipTokenizer(fixtureSource(), 'clip-tokenizer');

const start = 49406;
const end = 49407;

/** The rules of CLIPTokenizerFast, run by Hugging Face's own library. */
function library(): (text: string) => number[] {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const pattern = "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+";
  const tokenizer = new Tokenizer(
    {
      added_tokens: [
        { id: start, content: '<|startoftext|>', ...plain },
        { id: end, content: '<|endoftext|>', ...plain },
      ],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'NFC' },
          { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
          { type: 'Lowercase' },
        ],
      },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      post_processor: null,
      decoder: null,
      model: {
        type: 'BPE',
        vocab: fixtureJson('clip-tokenizer/vocab.json'),
        merges: parseMerges(new TextDecoder().decode(fixtureBytes('clip-tokenizer/merges.txt'))),
        unk_token: '<|endoftext|>',
        end_of_word_suffix: '</w>',
        continuing_subword_prefix: '',
      },
    },
    {},
  );
  return (text) => [...tokenizer.encode(text, { add_special_tokens: false }).ids];
}

const pieces = fc.constantFrom(
  ...[
    '<|startoftext|>',
    '<|endoftext|>',
    "it's",
    "'LL",
    ' ',
    '\n',
    'strawberry',
    'ÉCLAIR',
    '日本',
    '12',
    '🐙',
  ],
);
const texts = fc
  .array(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), pieces, fc.stringMatching(/^[a-z]{1,12}$/)))
  .map((parts) => parts.join(''));

describe('CLIP tokenizer', () => {
  it('leaves out one line of the fixture only', () => {
    expect(cases).toHaveLength(expected.length - 1);
    expect(cases.length).toBeGreaterThan(20);
  });

  it.each(cases)('$text', ({ text, ids }) => {
    expect(clip.encode(text)).toEqual(ids);
  });

  it('reads the first 48,894 pairs of a longer merges.txt, whose first line names its version', async () => {
    const [, ...pairs] = new TextDecoder().decode(fixtureBytes('clip-tokenizer/merges.txt')).split('\n');
    const lines = ['"bpe_simple_vocab_16e6.txt#version: 0.2', ...pairs.filter(Boolean), 'ðĿ Ł', 'zq zq</w>'];
    const longer = await readClipTokenizer(
      {
        read: async (path) =>
          path.endsWith('merges.txt')
            ? new TextEncoder().encode(lines.join('\n'))
            : fixtureSource().read(path),
      },
      'clip-tokenizer',
    );
    for (const { text, ids } of cases) expect(longer.encode(text)).toEqual(ids);
  });

  it('gives the ids of Hugging Face’s library for any text', () => {
    const theirs = library();
    fc.assert(
      fc.property(texts, (text) => {
        expect(clip.encode(text)).toEqual(theirs(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes a word of a hundred thousand letters', () => {
    expect(clip.encode('ab'.repeat(50_000)).length).toBeGreaterThan(10_000);
  });

  it('pads with the end token and cuts what is too long', () => {
    const { data, shape, dtype } = clip.encodePadded(['a dog', 'a '.repeat(100), '']);
    expect(dtype).toBe('int32');
    expect(shape).toEqual([3, 77]);
    const row = (i: number) => [...data.subarray(i * 77, (i + 1) * 77)];
    expect(row(0)).toEqual([start, 320, 1929, end, ...new Array(73).fill(end)]);
    expect(row(1)).toEqual([start, ...new Array(75).fill(320), end]);
    expect(row(2)).toEqual([start, ...new Array(76).fill(end)]);
  });

  it('splits texts into words', () => {
    expect(clip.words("A Dog's 12 red-ish CAFÉ!?")).toEqual([
      'a',
      'dog',
      "'s",
      '1',
      '2',
      'red',
      '-',
      'ish',
      'café',
      '!?',
    ]);
    expect(clip.words(' ')).toEqual([]);
  });

  it('gives the same ids however often it is asked', () => {
    clip.encode('a dog').push(1);
    expect(clip.encode('a dog')).toEqual([320, 1929]);
  });
});

describe('tokenizers of one’s own', () => {
  const vocab = {
    c: 0,
    'a</w>': 1,
    t: 2,
    't</w>': 3,
    ca: 4,
    a: 5,
    'cat</w>': 6,
    '!</w>': 7,
    '<s>': 8,
    '</s>': 9,
  };
  const options = {
    vocab,
    merges: ['c a', 'ca t</w>'],
    maxLength: 5,
    startToken: '<s>',
    endToken: '</s>',
    padToken: '!</w>',
  };

  it('uses the given special tokens and length', () => {
    const own = clipTokenizer(options);
    expect(own.encode('a Cat')).toEqual([1, 6]);
    expect([...own.encodePadded(['cat']).data]).toEqual([8, 6, 9, 7, 7]);
  });

  // CLIPTokenizer of transformers 5.18 gives "!" of Stable Diffusion 2 the id 0 wherever it stands.
  it('finds what pads and what stands for unknown pieces in a text', () => {
    const own = clipTokenizer({ ...options, vocab: { ...vocab, '!': 10 }, padToken: '!', unknownToken: 't' });
    expect(own.encode('cat!! ! cat')).toEqual([0, 1, 2, 10, 10, 10, 0, 1, 2]);
    expect(clipTokenizer({ ...options, vocab: { ...vocab, '!': 10 } }).encode('cat!')).toEqual([6, 7]);
  });

  it('stands the end token for what the vocabulary lacks', () => {
    expect(clipTokenizer(options).encode('cat dog')).toEqual([6, 9, 9, 9]);
  });

  it('is written and read as a diffusers folder', async () => {
    const files = clipTokenizerFiles(options);
    const own = await readClipTokenizer({ read: async (path) => files[path.replace('tokenizer/', '')] });
    expect([...own.encodePadded(['a cat']).data]).toEqual([8, 1, 6, 9, 7]);
    expect(own).toMatchObject({ maxLength: 5, startId: 8, endId: 9, padId: 7, unknownId: 9 });
  });

  it('says what is wrong', async () => {
    expect(() => clipTokenizer({ ...options, endToken: '<e>' })).toThrow(
      'endToken "<e>" is not in the vocabulary',
    );
    expect(() => clipTokenizer({ ...options, endToken: 'toString' })).toThrow('is not in the vocabulary');
    expect(() => clipTokenizer({ ...options, maxLength: 1 })).toThrow('maxLength must be a whole number');
    await expect(readClipTokenizer(fixtureSource(), 'nowhere')).rejects.toThrow(
      'nowhere/vocab.json is missing',
    );
    const files: Record<string, Uint8Array> = { ...clipTokenizerFiles(options) };
    const source = { read: async (path: string) => files[path.replace('tokenizer/', '')] };
    const merges = (...lines: string[]) => {
      files['merges.txt'] = new TextEncoder().encode(['#version: 0.2', 'c a', ...lines].join('\r\n'));
      return readClipTokenizer(source);
    };
    await expect(merges('', 'ca t</w>', 'a')).rejects.toThrow(
      'tokenizer/merges.txt: line 5: must be two pieces with a space between them, not "a"; the file is damaged',
    );
    await expect(merges('a c t')).rejects.toThrow('line 3: must be two pieces');
    await expect(merges('a t')).rejects.toThrow(
      'tokenizer/merges.txt: line 3: "a t" makes "at", which the vocabulary lacks',
    );
    expect((await merges('ca t</w>', '')).encode('cat')).toEqual([6]);
    const model = { type: 'BPE', vocab: options.vocab, merges: ['c a', 'a t'], end_of_word_suffix: '</w>' };
    const single = {
      read: async (path: string) => (path.endsWith('tokenizer.json') ? jsonOf({ model }) : undefined),
    };
    await expect(readClipTokenizer(single)).rejects.toThrow(
      'tokenizer/tokenizer.json: model.merges[1]: "a t" makes "at", which the vocabulary lacks',
    );
    files['special_tokens_map.json'] = Uint8Array.from('{"bos_token": 3}', (c) => c.charCodeAt(0));
    await expect(readClipTokenizer(source)).rejects.toThrow('bos_token must be text');
    files['vocab.json'] = Uint8Array.from('{"a": "b"}', (c) => c.charCodeAt(0));
    await expect(readClipTokenizer(source)).rejects.toThrow(
      'tokenizer/vocab.json: "a" must have a whole number',
    );
  });
});

const jsonOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('long words', () => {
  const word = (length: number): string =>
    Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * i * 7 + i) % 26))).join('');

  /** Ranks that are looked up for a word of so many letters. */
  function lookUps(length: number, merges: readonly string[]): number {
    const split = bytePairs(merges);
    const get = vi.spyOn(Map.prototype, 'get');
    split(word(length));
    const { length: calls } = get.mock.calls;
    get.mockRestore();
    return calls;
  }

  it('cost as much more as they are longer', async () => {
    const merges = parseMerges(new TextDecoder().decode(fixtureBytes('clip-tokenizer/merges.txt')));
    expect(lookUps(8000, merges) / lookUps(4000, merges)).toBeLessThan(2.2);
    expect(clip.encode(word(100_000)).length).toBeGreaterThan(20_000);
  });
});
