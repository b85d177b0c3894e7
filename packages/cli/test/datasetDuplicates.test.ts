// Near-duplicates of a large data set.

import * as data from '@spatiallock/data';
import { temporaryFolder } from '@spatiallock/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { judgeDuplicates } from '../src/dataset/duplicates.js';
import type { DatasetRecord } from '../src/dataset/record.js';

vi.mock('@spatiallock/data', async (original) => {
  const real = await original<typeof data>();
  return { ...real, duplicateFinder: vi.fn(real.duplicateFinder) };
});
beforeEach(() => void vi.mocked(data.duplicateFinder).mockClear());

const records = Array.from({ length: 5000 }, (_, i): DatasetRecord => {
  const id = String(i).padStart(6, '0');
  return {
    ...{ id, layout: i, split: 'train', prompt: 'a dog', objects: [], seed: i, attempts: [i] },
    ...{ verdict: 'kept', reasons: [], unasked: [], width: 16, height: 16, file: `images/train/${id}.png` },
    ...{
      hash: (BigInt(i) * 0x9e3779b97f4a7c15f39cc0605cedc834n * 0x10001n)
        .toString(16)
        .padStart(64, '0')
        .slice(-64),
      provenance: {},
    },
  };
});

describe('near-duplicates of a data set', () => {
  it('are not looked for where they are kept', async () => {
    const { signal } = new AbortController();
    expect(await judgeDuplicates(temporaryFolder(), records, 'keep', signal)).toEqual(records);
    expect(data.duplicateFinder).not.toHaveBeenCalled();
  });

  it('are no longer looked for after Ctrl-C, which comes by the event loop', async () => {
    const controller = new AbortController();
    const real = vi.mocked(data.duplicateFinder).getMockImplementation()!;
    let looked = 0;
    vi.mocked(data.duplicateFinder).mockImplementationOnce((...given) => {
      const find = real(...given);
      return (hash) => {
        if (looked++ === 1000) setImmediate(() => controller.abort());
        return find(hash);
      };
    });
    await expect(judgeDuplicates(temporaryFolder(), records, 'flag', controller.signal)).rejects.toThrow(
      /abort/i,
    );
    expect(looked).toBeLessThan(1300);
  });
});
