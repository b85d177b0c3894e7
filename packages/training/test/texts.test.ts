// The table of texts against the text encoder itself, one text at a time.

import { referenceBackend, type Tensor } from '@spatiallock/core';
import { parseClipTextConfig } from '@spatiallock/core/models';
import { initialise } from '@spatiallock/core/nn';
import { clipTokenizer, textGraph } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import { longTextWarnings } from '../src/fineTune/longTexts.js';
import { textTable } from '../src/index.js';
import { watchedBackend } from './watchedBackend.js';

const letters = Array.from('abcd');
const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`), '<|startoftext|>', '<|endoftext|>'];
const tokenizer = clipTokenizer({
  vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
  merges: [],
  maxLength: 5,
});
const config = parseClipTextConfig({
  vocab_size: tokens.length,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 5,
  eos_token_id: 9,
  bos_token_id: 8,
});
const weights = initialise(textGraph(config, 5, 1).params, 3);

/** A backend that counts, and the batch sizes of its runs. */
function counting() {
  const runs: number[] = [];
  return { ...watchedBackend(({ ids }) => runs.push(ids!.shape[0]!)), runs };
}

async function alone(text: string, output: 'hidden' | 'pooled'): Promise<number[]> {
  const encoder = await referenceBackend().compile(textGraph(config, 5, 1), weights);
  const outputs = await encoder.run({ ids: tokenizer.encodePadded([text]) });
  return Array.from(outputs[output]!.data, Number);
}

const rowsOf = ({ data, shape }: Tensor): number[][] => {
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) =>
    Array.from(data.slice(i * size, (i + 1) * size), Number),
  );
};

function expectRows(got: readonly number[][], expected: readonly number[][]): void {
  expect(got.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  got.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i]!, 5);
  });
}

const texts = ['a', 'b c', '', 'd d d', 'a'];

describe('a table of texts', () => {
  it('has a vector for every token, whatever the texts are encoded with', async () => {
    const { backend, runs, open } = counting();
    const table = await textTable({ backend, tokenizer, config, weights, batch: 2 });
    const got = await table.captions(texts);
    expect(got.shape).toEqual([5, 5, 4]);
    expectRows(rowsOf(got), await Promise.all(texts.map((text) => alone(text, 'hidden'))));
    expect(runs).toEqual([2, 2, 2]);
    expect(open()).toBe(1);
    await table.dispose();
    expect(open()).toBe(0);
  });

  it('has a vector for every phrase, and encodes each of them once', async () => {
    const { backend, runs } = counting();
    const table = await textTable({ backend, tokenizer, config, weights, batch: 2 });
    const got = await table.phrases(texts);
    expect(got.shape).toEqual([5, 4]);
    expectRows(rowsOf(got), await Promise.all(texts.map((text) => alone(text, 'pooled'))));
    expect(runs).toHaveLength(2);
    expectRows(rowsOf(await table.phrases(['d d d', 'a'])), [
      await alone('d d d', 'pooled'),
      await alone('a', 'pooled'),
    ]);
    expect(runs).toHaveLength(2);
    await table.phrases(['c']);
    expect(runs).toHaveLength(3);
    await table.dispose();
  });
});

describe('texts that are cut', () => {
  const picture = (caption: string | undefined, ...phrases: string[]) => ({
    path: 'a.png',
    width: 8,
    height: 8,
    ...(caption === undefined ? {} : { caption }),
    objects: phrases.map((phrase) => ({ label: 'd d', phrase, box: [0, 0, 1, 1] as const })),
  });
  const warned = (training: ReturnType<typeof picture>[], validation: ReturnType<typeof picture>[] = []) =>
    longTextWarnings({ training, validation }, tokenizer);

  it('are none where all fit: three tokens, between the two that every text has', () => {
    expect(warned([picture('a b c', 'd d d'), picture(undefined, 'a')])).toEqual([]);
  });

  it('are counted, and the longest is shown, those of validation among them', () => {
    expect(
      warned([picture('a b c d', 'a'), picture('a', 'a b c d')], [picture('a a a a a', 'b b b b')]),
    ).toEqual([
      'captions: 2 of 3 have more than 3 tokens, of which the first 3 are read; shorten them (the longest: "a a a a a", 5 tokens)',
      'phrases: 2 of 3 have more than 3 tokens, of which the first 3 are read; shorten them (the longest: "a b c d", 4 tokens)',
    ]);
  });

  it('are those of captions made of labels, too', () => {
    const two = { ...picture(undefined, 'a', 'b') };
    const objects = [...two.objects.slice(0, 1), { ...two.objects[1]!, label: 'c c' }];
    expect(warned([{ ...two, objects }])).toEqual([
      expect.stringMatching(/^captions: 1 of 1 have more than 3 tokens, .*"a d d and a c c", 9 tokens\)$/),
    ]);
  });
});
