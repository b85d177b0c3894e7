// The fuzzer itself: what counts as a fault, and that a planted one is found.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaign } from '../fuzz/campaign.js';
import { faultOf } from '../fuzz/judge.js';
import { showInput } from '../fuzz/showInput.js';
import { must, type Target, targetOf } from '../fuzz/target.js';
import { tinyModel } from '../fuzz/tinyModel.js';
import { edited, scribbled } from '../fuzz/values.js';

function reading(read: (input: unknown) => void | Promise<void>): Target {
  return { name: 'example', share: 1, inputs: fc.integer(), names: /^field: /, read };
}

describe('a fault', () => {
  const fault = (read: () => void | Promise<void>) => faultOf(reading(read), 1);

  it('is neither what is read nor what is refused by name', async () => {
    expect(await fault(() => undefined)).toBeUndefined();
    expect(await fault(() => Promise.reject(new Error('field: must be a number')))).toBeUndefined();
  });

  it.each<[string, () => void, RegExp]>([
    ['an error of the language', () => void (undefined as unknown as { x: { y: 1 } }).x.y, /^bare TypeError/],
    ['a length that no array has', () => void new Array(-1), /^bare RangeError/],
    [
      'an error that names nothing',
      () => {
        throw new Error('went wrong');
      },
      /names neither field nor file/,
    ],
    [
      'an error of endless words',
      () => {
        throw new Error(`field: ${'x'.repeat(5000)}`);
      },
      /a message of 5007 letters/,
    ],
    [
      'what is no error',
      () => {
        throw 'field: no';
      },
      /threw a string/,
    ],
    ['a broken promise of what is accepted', () => must(false, 'box 2'), /wrong acceptance: box 2/],
  ])('is %s', async (_, read, expected) => {
    expect(await fault(read)).toMatch(expected);
  });
});

describe('a campaign', () => {
  const planted = targetOf<{ size: number }>({
    name: 'planted',
    share: 1,
    inputs: fc.record({ size: fc.integer({ min: 0, max: 1000 }) }),
    names: /^size: /,
    read({ size }) {
      if (size > 900) throw new Error('size: is too large');
      must(size < 700, `size ${size}`);
    },
  });
  const run = (seed: number) =>
    campaign({ targets: [planted], count: 500, seed, signal: new AbortController().signal });

  it('finds a planted fault once, and its smallest input, the same for the same seed', async () => {
    const faults = await run(3);
    expect(faults).toEqual([{ target: 'planted', what: 'wrong acceptance: size 700', input: { size: 700 } }]);
    expect(await run(3)).toEqual(faults);
  });
});

describe('inputs', () => {
  it('are valid ones with places replaced, left out, repeated or added to', () => {
    const base = { a: [1, 2], b: { c: 'x' } };
    const made = fc
      .sample(edited([base], fc.constant('new')), { seed: 1, numRuns: 4000 })
      .map((each) => JSON.stringify(each));
    for (const text of [
      '{"a":[1,2],"b":{"c":"x"}}',
      '{"a":["new",2],"b":{"c":"x"}}',
      '{"a":[1,2,2],"b":{"c":"x"}}',
      '{"a":[2],"b":{"c":"x"}}',
      '{"a":[1,2],"b":{"c":"new"}}',
      '{"a":[1,2]}',
      '{"a":[1,2],"b":{"c":"x"},"b_":"new"}',
    ]) {
      expect(made).toContain(text);
    }
    expect(base).toEqual({ a: [1, 2], b: { c: 'x' } });
  });

  it('are texts with letters changed, cut, doubled or marked', () => {
    const made = fc.sample(scribbled(fc.constant('abcdef')), { seed: 1, numRuns: 300 });
    for (const text of ['abcdef', 'abc', 'abcdefabcdef', '\ufeffabcdef']) expect(made).toContain(text);
    expect(new Set(made).size).toBeGreaterThan(150);
  });

  it('are shown as they may be typed', () => {
    expect(showInput({ file: new TextEncoder().encode('{"a":1}'), raw: Uint8Array.of(255) })).toBe(
      '{ file: \'{"a":1}\', raw: Uint8Array(1) [ 255 ] }',
    );
  });
});

it('the tiny model has every file that a pipeline reads', async () => {
  const files = [...(await tinyModel()).keys()].sort();
  expect(files).toEqual(
    expect.arrayContaining([
      'model_index.json',
      'spatiallock.json',
      'tokenizer/words.json',
      'unet/config.json',
    ]),
  );
});
