// What a folder of weights says of the words and the shapes of its labels.

import type { FileSource } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { centerModule } from '../src/center/module.js';
import { queryModule } from '../src/query/module.js';

const small = { labels: ['dog', 'cat'], image_size: 16, channels: [4, 8, 8, 16], blocks: [1, 1, 1] };
const configs = {
  center: { ...small, norm_groups: 4, head_channels: 8, bins: 4 },
  query: { ...small, norm_groups: 4, places: 2, encoder_layers: 1, decoder_layers: 1 },
};

const folder = (files: Readonly<Record<string, unknown>>): FileSource => ({
  read: async (path) =>
    Object.hasOwn(files, path) ? new TextEncoder().encode(JSON.stringify(files[path])) : undefined,
});

describe.each([
  ['center', centerModule],
  ['query', queryModule],
] as const)('the vocabulary of %s', (name, { vocabulary }) => {
  const read = (more: Readonly<Record<string, unknown>>) =>
    vocabulary!(folder({ 'config.json': configs[name], ...more }));

  it('has the names and the aspect ratios of its files', async () => {
    const words = await read({ 'names.json': { dog: ['puppy'] }, 'aspects.json': { dog: 1.5 } });
    expect([words.labelOf!('a puppy'), words.labelOf!('a dog')]).toEqual(['dog', undefined]);
    expect([words.aspectOf!('dog'), words.aspectOf!('cat')]).toEqual([1.5, undefined]);
  });

  it('has the labels, and no aspect ratios, without them', async () => {
    const words = await read({});
    expect([words.labelOf!('two cats'), words.aspectOf!('cat')]).toEqual(['cat', undefined]);
  });

  it.each([
    [{ 'names.json': { cow: ['cow'] } }, 'names.json: "cow" is no label of config.json'],
    [{ 'names.json': { dog: 'puppy' } }, 'names.json: dog: must be a list of names, not "puppy"'],
    [{ 'aspects.json': { cow: 1 } }, 'aspects.json: "cow" is no label of config.json'],
    [{ 'aspects.json': { dog: 0 } }, 'aspects.json: dog: must be a number in 0.01..100, not 0'],
    [{ 'aspects.json': { dog: '1' } }, 'aspects.json: dog: must be a number in 0.01..100, not "1"'],
    [{ 'aspects.json': [1] }, 'aspects.json: must be an object'],
  ])('is refused by name: %j', async (files, message) => {
    await expect(read(files)).rejects.toThrow(message);
  });
});
