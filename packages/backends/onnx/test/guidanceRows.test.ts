// Calls without guidance leave out the rows that it needs.

import { fromPretrained, type Layout, type StreamOptions } from '@spatiallock/core';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, expect, it } from 'vitest';
import { backend, watchingUNet, worst } from './support.js';

const layout: Layout = {
  prompt: 'a dog',
  negativePrompt: 'rain',
  objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.5, 0.9] }],
};
/** The small network follows words a little. */
const quick = { steps: 4, scheduler: 'ddim', guidanceScale: 100, decode: false };
const rows: number[] = [];
const watched = watchingUNet(({ inputs }) => rows.push(inputs.sample!.shape[0]!));
const pipe = await fromPretrained(fixtureModel(), { backend: watched, plugins: [poi()] });

afterAll(() => backend.dispose());

async function painted(options: StreamOptions = {}) {
  rows.length = 0;
  const { latents } = await pipe.generate(layout, { ...quick, ...options });
  return { latents: latents.data as Float32Array, rows: [...rows] };
}

it('a scale of at most 1 after the interval takes one row a picture, and gives what two rows gave', async () => {
  const ended = await painted({ guidanceInterval: { stop: 0.5, scaleAfter: 1 } });
  expect(ended.rows).toEqual([2, 2, 1, 1]);
  // A scale just above 1 needs both rows, and is next to no guidance.
  const nearly = await painted({ guidanceInterval: { stop: 0.5, scaleAfter: 1 + 1e-7 } });
  expect(nearly.rows).toEqual([2, 2, 2, 2]);
  expect(worst(ended.latents, nearly.latents)).toBeLessThan(1e-5);
  const throughout = await painted();
  expect(throughout.rows).toEqual([2, 2, 2, 2]);
  expect(worst(ended.latents, throughout.latents)).toBeGreaterThan(1e-3);
});

it('without guidance every call has one row a picture', async () => {
  expect((await painted({ guidanceScale: 1 })).rows).toEqual([1, 1, 1, 1]);
});
