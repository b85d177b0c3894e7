// Tokens of textual inversion, and tokenizers that lie in one tokenizer.json.

import { fixtureBytes, fixtureJson, fixtureSource } from '@spatiallock/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClipTokenizer } from '../../src/entries/pipeline.js';
import { addedTokenSplitter } from '../../src/pipeline/addedTokens.js';
import { parseMerges } from '../../src/pipeline/tokenizerFiles.js';

const bytesOf = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
const [START, END] = [49406, 49407];
const vocab = fixtureJson('clip-tokenizer/vocab.json');
const merges = parseMerges(new TextDecoder().decode(fixtureBytes('clip-tokenizer/merges.txt')));
const clip = await readClipTokenizer(fixtureSource(), 'clip-tokenizer');
const special = [
  { id: START, content: '<|startoftext|>', special: true },
  { id: END, content: '<|endoftext|>', special: true },
];

const fromFiles = (files: Readonly<Record<string, unknown>>) =>
  readClipTokenizer({
    read: async (path) => {
      const name = path.replace('tokenizer/', '');
      return Object.hasOwn(files, name) ? bytesOf(files[name]) : undefined;
    },
  });

const whole = (changes: object = {}, model: object = {}) => ({
  added_tokens: special,
  model: { type: 'BPE', unk_token: '<|endoftext|>', end_of_word_suffix: '</w>', vocab, merges, ...model },
  ...changes,
});

describe('tokenizer.json alone', () => {
  it.each([
    ['as text', merges],
    ['as pairs', merges.map((pair) => pair.split(' '))],
  ])('gives the ids of vocab.json and merges.txt, with merges %s', async (_, given) => {
    const own = await fromFiles({ 'tokenizer.json': whole({}, { merges: given }) });
    for (const text of ['a photo of an astronaut', "Café's 12 dogs!", 'ünïcödé <|endoftext|> x']) {
      expect(own.encode(text)).toEqual(clip.encode(text));
    }
    expect(own).toMatchObject({ maxLength: 77, startId: START, endId: END, padId: END, unknownId: END });
  });

  it('takes length and padding from it, and from tokenizer_config.json first', async () => {
    const json = whole({ truncation: { max_length: 40 }, padding: { pad_token: '!</w>' } });
    expect(await fromFiles({ 'tokenizer.json': json })).toMatchObject({
      maxLength: 40,
      padId: vocab['!</w>'],
    });
    const config = { model_max_length: 50, pad_token: 'a</w>' };
    expect(await fromFiles({ 'tokenizer.json': json, 'tokenizer_config.json': config })).toMatchObject({
      maxLength: 50,
      padId: vocab['a</w>'],
    });
  });

  it.each([
    [{ end_of_word_suffix: null }, 'model.end_of_word_suffix must be "</w>"'],
    [{ type: 'Unigram' }, 'model must be byte pairs'],
    [{ merges: [['a']] }, 'model.merges[0] must be a pair'],
    [{ vocab: { a: -1 } }, '"a" must have a whole number'],
  ])('is refused with %j', async (model, message) => {
    const read = fromFiles({ 'tokenizer.json': whole({}, model) });
    await expect(read).rejects.toThrow(`tokenizer/tokenizer.json: ${message}`);
  });
});

describe('added tokens', () => {
  const files = { 'vocab.json': vocab, 'merges.txt': undefined };
  const withAdded = (more: Readonly<Record<string, unknown>>) =>
    readClipTokenizer({
      read: async (path) => {
        const name = path.replace('tokenizer/', '');
        if (Object.hasOwn(more, name)) return bytesOf(more[name]);
        return name in files ? fixtureBytes(`clip-tokenizer/${name}`) : undefined;
      },
    });

  it('stand for their ids, those of several vectors for all of them', async () => {
    const own = await withAdded({
      'added_tokens.json': { '<cat>': 49408, '<cat>_1': 49409, '<cat>_2': 49410, dog_style: 49411 },
    });
    const [a] = clip.encode('a');
    expect(own.encode('a <cat>, dog_style')).toEqual([a, 49408, 49409, 49410, ...clip.encode(','), 49411]);
  });

  it('are found in any case, and as whole words', async () => {
    const own = await withAdded({ 'added_tokens.json': { EasyNegative: 49408, '<Cat>': 49409 } });
    expect(own.encode('easynegative <cat>')).toEqual([49408, 49409]);
    expect(own.encode('easynegatives')).toEqual(clip.encode('easynegatives'));
  });

  it('are read from tokenizer_config.json too, where they are not in the vocabulary', async () => {
    const decoder = { 49407: { content: '<|endoftext|>' }, 49408: { content: '<dog>' } };
    const own = await withAdded({ 'tokenizer_config.json': { added_tokens_decoder: decoder } });
    expect(own.encode('<dog>')).toEqual([49408]);
    expect(own.padId).toBe(END);
  });

  it('name the file where an id is none', async () => {
    await expect(withAdded({ 'added_tokens.json': { '<cat>': 1.5 } })).rejects.toThrow(
      'tokenizer/added_tokens.json: "<cat>" must have a whole number',
    );
  });

  it('change nothing in texts that do not name them, whatever their letters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string(), (name, text) => {
        const parts = addedTokenSplitter({ [name]: [7] }).split(text);
        const kept = parts.filter((part) => typeof part === 'string');
        if (kept.length === parts.length) expect(kept.join('')).toBe(text);
        else expect(text.toLowerCase()).toContain(name.toLowerCase());
      }),
    );
  });
});
