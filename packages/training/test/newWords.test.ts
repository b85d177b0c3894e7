// Words that a model never learnt: what its files gain, and what is refused.

import { cpu } from '@spatiallock/backend-onnx';
import type { FileSource } from '@spatiallock/core';
import { adaptedFiles, newWords, TOKEN_EMBEDDING } from '@spatiallock/core/adapters';
import { readWeights } from '@spatiallock/core/io';
import { encodeTexts, graphCache, loadModel } from '@spatiallock/core/pipeline';
import { fixtureModel } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const known = ['a', 'and', 'dog', 'on', 'beach'];
const base = fixtureModel({}, { 'tokenizer/words.json': bytesOf(known) });
const textOf = async (files: FileSource, path: string) => new TextDecoder().decode((await files.read(path))!);

async function grownBy(files: FileSource, ...texts: string[]) {
  return grownWith(files, { texts });
}

async function grownWith(files: FileSource, given: { texts: readonly string[]; names?: readonly string[] }) {
  const changes = await newWords(files, { ...given, seed: 5 });
  if (!changes) throw new Error('nothing is new');
  return { changes, files: adaptedFiles(files, changes) };
}

/** The pooled vector of a text. */
async function pooled(files: FileSource, text: string) {
  const { textEncoder, tokenizer } = await loadModel(files, []);
  const graphs = graphCache({
    component: 'text encoder',
    backend: cpu({ threads: 1 }),
    params: textEncoder.params,
  });
  const { config } = textEncoder;
  const row = { ids: tokenizer.encode(text) };
  const encoded = await encodeTexts({ config, tokenizer, graphs, plugins: [] }, [row]);
  await graphs.dispose();
  return Array.from(encoded.pooled.data);
}

describe('new words', () => {
  it('are tokens and rows behind the old ones, the same for the same seed', async () => {
    const { changes, files } = await grownBy(base, 'a hard hat and a dog', 'a forklift');
    expect(changes.growth!.words).toEqual(['forklift', 'hard', 'hat']);
    const model = await loadModel(files, []);
    expect(model.words).toEqual([...known, 'forklift', 'hard', 'hat']);
    expect(model.tokenizer.encode('hard hat')).toHaveLength(2);
    const [before, after] = [await loadModel(base, []), model];
    expect(after.tokenizer.encode('a dog on a beach')).toEqual(before.tokenizer.encode('a dog on a beach'));
    expect(after.textEncoder.config.vocab_size).toBe(600 + changes.growth!.tokens.length);
    const again = await newWords(base, { texts: ['a forklift and a hard hat'], seed: 5 });
    expect(again).toEqual(changes);
    const other = await newWords(base, { texts: ['a forklift and a hard hat'], seed: 6 });
    expect(other!.rows).not.toEqual(changes.rows);
    expect(new Set(changes.rows!.data).size).toBe(changes.rows!.data.length);
  });

  it('change no vector of an old text, and differ from each other', async () => {
    const { files } = await grownBy(base, 'forklift', 'hat');
    expect(await pooled(files, 'a dog')).toEqual(await pooled(base, 'a dog'));
    expect(await pooled(files, 'forklift')).not.toEqual(await pooled(files, 'hat'));
  });

  it('bring the plurals of their names, which are read as the singular', async () => {
    const texts = [
      'a forklift',
      'a sandy beach',
      'a dog',
      'a hard hat',
      'two babies',
      'scissors',
      'a bag of sand',
    ];
    const names = ['forklift', 'hard hat', 'dog', 'beach', 'scissors', 'baby', 'bag of sand'];
    const { changes, files } = await grownWith(base, { texts: [...texts, 'a baby'], names });
    const singular = [
      'babies',
      'baby',
      'bag',
      'forklift',
      'hard',
      'hat',
      'of',
      'sand',
      'sandy',
      'scissors',
      'two',
    ];
    expect(changes.growth!.words).toEqual([...singular, 'forklifts', 'hats', 'bags']);
    expect(await pooled(files, 'forklifts')).toEqual(await pooled(files, 'forklift'));
    expect(await pooled(files, 'bags')).toEqual(await pooled(files, 'bag'));
    expect(await pooled(files, 'hats')).not.toEqual(await pooled(files, 'bags'));
    const without = await grownWith(base, { texts: [...texts, 'a baby'] });
    expect(without.changes.growth!.words).toEqual(singular);
    expect(await pooled(without.files, 'forklift')).toEqual(await pooled(files, 'forklift'));
  });

  it('bring the singulars of names that are plurals, which are read alike', async () => {
    const names = ['hard hats', 'forklifts', 'dogs', 'Погрузчик'];
    for (const texts of [['hard hat', 'forklift'], ['hard hats', 'forklifts'], ['hard hats, a hard hat']]) {
      const { changes, files } = await grownWith(base, { texts: [...texts, 'погрузчик'], names });
      const { words } = changes.growth!;
      expect(words).toEqual(expect.arrayContaining(['hard', 'hat', 'hats', 'dogs', 'погрузчик']));
      expect(new Set(words).size).toBe(words.length);
      expect(words.filter((word) => /^погрузчик./.test(word))).toEqual([]);
      expect(await pooled(files, 'hats')).toEqual(await pooled(files, 'hat'));
    }
  });

  it('do not move the end of texts in files that call the largest id the end', async () => {
    const config = JSON.parse(await textOf(base, 'text_encoder/config.json')) as object;
    const legacy = fixtureModel(
      { 'text_encoder/config.json': { ...config, eos_token_id: 2 } },
      { 'tokenizer/words.json': bytesOf(known) },
    );
    const { files } = await grownBy(legacy, 'forklift');
    expect(await pooled(files, 'a dog')).toEqual(await pooled(legacy, 'a dog'));
    expect(await pooled(files, 'forklift')).toEqual(
      await pooled((await grownBy(base, 'forklift')).files, 'forklift'),
    );
  });

  it('stand in tokenizer.json, too, in the way that its pairs are written', async () => {
    const letters = JSON.parse(await textOf(base, 'tokenizer/vocab.json')) as object;
    const vocab = { ...letters, do: 52 };
    for (const merges of [['d o'], [['d', 'o']]]) {
      const model = { type: 'BPE', vocab, merges, end_of_word_suffix: '</w>' };
      const files = fixtureModel(
        { 'tokenizer/tokenizer.json': { model } },
        {
          'tokenizer/words.json': bytesOf(known),
          'tokenizer/vocab.json': undefined,
          'tokenizer/merges.txt': undefined,
        },
      );
      const grown = await grownBy(files, 'hat');
      const { tokenizer } = await loadModel(grown.files, []);
      expect(tokenizer.encode('hat')).toEqual([600 + grown.changes.growth!.tokens.indexOf('hat</w>')]);
      const written = JSON.parse(await textOf(grown.files, 'tokenizer/tokenizer.json')) as {
        model: typeof model;
      };
      expect(new Set(written.model.merges.map((pair) => typeof pair)).size).toBe(1);
    }
  });

  it('keep the precision of the text embedding', async () => {
    const { changes, files } = await grownBy(base, 'hat');
    const weights = await readWeights(files, 'text_encoder');
    const rows = 600 + changes.growth!.tokens.length;
    const old = (await readWeights(base, 'text_encoder'))[TOKEN_EMBEDDING]!;
    expect([weights[TOKEN_EMBEDDING]!.dtype, weights[TOKEN_EMBEDDING]!.shape[0]]).toEqual([old.dtype, rows]);
  });

  it.each([
    ['x'.repeat(65), /longer than 64 letters/],
    [
      Array.from({ length: 1001 }, (_, i) => `w${i}`).join(' '),
      /1001 words are new to the model, and it learns 1000/,
    ],
  ])('are refused where they cannot be added: %#', async (text, message) => {
    await expect(newWords(base, { texts: [text], seed: 0 })).rejects.toThrow(message);
  });

  it('are none where the model has no list of words, or knows them', async () => {
    expect(await newWords(fixtureModel(), { texts: ['a forklift'], seed: 0 })).toBeUndefined();
    expect(await newWords(base, { texts: ['a dog, on a beach'], seed: 0 })).toBeUndefined();
  });

  it('are refused where ids lie beyond the text encoder', async () => {
    const vocab = JSON.parse(await textOf(base, 'tokenizer/vocab.json')) as object;
    const files = fixtureModel(
      { 'tokenizer/vocab.json': { ...vocab, extra: 700 } },
      { 'tokenizer/words.json': bytesOf(known) },
    );
    await expect(newWords(files, { texts: ['hat'], seed: 0 })).rejects.toThrow(
      "tokenizer: the id 700 lies beyond text_encoder/config.json's vocab_size (600)",
    );
  });
});
