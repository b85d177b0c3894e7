// A U-Net of a few channels, and made-up pictures and texts for it.

import { tensor } from '@spatiallock/core';
import { type Random, random } from '@spatiallock/core/nn';
import { clipTokenizer } from '@spatiallock/core/pipeline';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import { poi } from '@spatiallock/poi';
import { smallUNet } from '@spatiallock/testing';
import type { BatchOptions, DrawPictures, TextTable } from '../src/index.js';

export const config = smallUNet;
export const SIDE = 8;
export const TOKENS = 3;
const WIDTH = config.cross_attention_dim;

export const schedulerConfig = { beta_schedule: 'squaredcos_cap_v2', prediction_type: 'v_prediction' };

const vector = (text: string, size: number): Float32Array => {
  const source = random([...text].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 7));
  return Float32Array.from({ length: size }, () => source.normal());
};

/** Vectors that the text alone decides; `seen` lists all captions that were asked for. */
export function fakeTexts(seen: string[] = []): TextTable {
  const rows = (texts: readonly string[], size: number) =>
    Float32Array.from(texts.flatMap((text) => [...vector(text, size)]));
  return {
    tokenizer: clipTokenizer({
      vocab: { '<|startoftext|>': 0, '<|endoftext|>': 1 },
      merges: [],
      maxLength: TOKENS,
    }),
    async captions(texts) {
      seen.push(...texts);
      return tensor(rows(texts, TOKENS * WIDTH), [texts.length, TOKENS, WIDTH]);
    },
    phrases: async (texts) => tensor(rows(texts, WIDTH), [texts.length, WIDTH]),
    dispose: async () => undefined,
  };
}

/** Latents of one value inside of a box. */
export const squares: DrawPictures = (count, rng) => Array.from({ length: count }, () => square(rng));

function square(rng: Random) {
  const [x0, y0] = [rng.int(4), rng.int(4)];
  const latents = Float32Array.from({ length: config.in_channels * SIDE ** 2 }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
    return x >= x0 && x < x0 + 4 && y >= y0 && y < y0 + 4 ? 1.5 : -0.5;
  });
  const box = [x0 / SIDE, y0 / SIDE, (x0 + 4) / SIDE, (y0 + 4) / SIDE] as const;
  return { latents, caption: 'a square', objects: [{ phrase: 'square', label: 'square', box }] };
}

export function batchOptions(more: Partial<BatchOptions> = {}): BatchOptions {
  return {
    config,
    schedule: noiseSchedule(schedulerConfig),
    sizes: { batch: 4, height: SIDE, width: SIDE, tokens: TOKENS, objects: 2 },
    plugins: [poi({ injection: true })],
    texts: fakeTexts(),
    pictures: squares,
    seed: 1,
    ...more,
  };
}
