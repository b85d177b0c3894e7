import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from '../src/checks/nearest.js';
import { checkKeys, didYouMean, nearestName, showValue } from '../src/entries/checks.js';
import { messageOf } from '../src/index.js';

const cyclic: Record<string, unknown> = { a: 1 };
cyclic.self = cyclic;
const angry = (): never => {
  throw new Error('no');
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const revokedList = Proxy.revocable([], {});
revokedList.revoke();
const refusing = new Proxy(
  {},
  { ownKeys: angry, get: angry, getOwnPropertyDescriptor: angry, getPrototypeOf: angry },
);
const hostile: Record<string, unknown> = {
  'a number for toString': { toString: 0 },
  'no prototype': Object.create(null),
  'a toString that throws': { toString: angry, valueOf: angry, toJSON: angry },
  'a getter that throws': Object.defineProperty({}, 'x', { get: angry, enumerable: true }),
  'a symbol': Symbol('s'),
  'a bigint': 12n,
  'a huge bigint': 1n << 4_000_000n,
  'a cycle': cyclic,
  'a huge text': 'x'.repeat(5_000_000),
  'a huge list': new Array(5_000_000).fill({ deep: [[[[1]]]] }),
  'a deep list': Array.from({ length: 10_000 }).reduce<unknown>((inner) => [inner], 1),
  'a huge object': Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`.repeat(50), i])),
  'a function': angry,
  'a class': class Named {},
  'a revoked proxy': revoked.proxy,
  'a revoked proxy of a list': revokedList.proxy,
  'a proxy that throws': refusing,
  'half a surrogate pair': '\ud83d',
  numbers: new Float32Array(1_000_000),
  'bytes that name themselves': Object.defineProperty(new Uint8Array(1), 'constructor', { get: angry }),
  'a key that is no text': { [Symbol('k')]: 1 },
};

describe('showValue', () => {
  it.each(Object.keys(hostile))('%s: shows it in a short text', (name) => {
    for (const value of [hostile[name], [hostile[name]], { x: hostile[name] }]) {
      const text = showValue(value);
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThan(160);
    }
    expect(messageOf(hostile[name]).length).toBeGreaterThan(0);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    ['a "dog"', '"a \\"dog\\""'],
    [[1, 'a', [2], [[3]]], '[1, "a", [2], [[...]]]'],
    [{ a: 1, 'b c': {}, d: { e: { f: 1 } } }, '{ a: 1, "b c": {}, d: { e: {...} } }'],
    [[1, 2, 3, 4, 5, 6, 7, 8], '[1, 2, 3, 4, 5, 6, ... 2 more]'],
    [12n, '12n'],
    [Symbol('s'), 'Symbol(s)'],
    [{ toString: 0 }, '{ toString: 0 }'],
    [function named() {}, 'function named'],
  ])('%#: shows it as people write it', (value, text) => {
    expect(showValue(value)).toBe(text);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        expect(showValue(value).length).toBeLessThan(200);
        expect(typeof messageOf(value)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});

describe('messageOf', () => {
  it.each([
    [new TypeError('wrong'), 'wrong'],
    ['just text', 'just text'],
    [{ message: 'of another realm' }, 'of another realm'],
    [{ message: 5 }, '{ message: 5 }'],
    [undefined, 'undefined'],
  ])('%#', (cause, text) => {
    expect(messageOf(cause)).toBe(text);
  });
});

const OPTIONS = ['seed', 'steps', 'guidanceScale', 'guidanceInterval', 'scheduler'];

describe('nearestName', () => {
  it.each([
    ['step', 'steps'],
    ['Steps', 'steps'],
    ['guidance', 'guidanceScale'],
    ['guidance_scale', 'guidanceScale'],
    ['shceduler', 'scheduler'],
    ['width', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('%s -> %s', (given, name) => {
    expect(nearestName(given, OPTIONS)).toBe(name);
  });

  it('finds any name with one slip in it', () => {
    const slip = fc.record({ name: fc.constantFrom(...OPTIONS), at: fc.nat(20), letter: fc.constant('x') });
    fc.assert(
      fc.property(slip, ({ name, at, letter }) => {
        const i = at % name.length;
        expect(nearestName(name.slice(0, i) + letter + name.slice(i + 1), OPTIONS)).toBe(name);
      }),
    );
  });

  it('says nothing where nothing is near', () => {
    expect(didYouMean('zzzzzz', OPTIONS)).toBe('');
    expect(didYouMean('sead', OPTIONS)).toBe(' (did you mean seed?)');
  });
});

describe('editDistance', () => {
  it('compares no more than the beginning of long texts', () => {
    const [from, to] = ['b', 'c'].map((letter) => 'a'.repeat(48) + letter.repeat(100_000));
    expect(editDistance(from, to)).toBe(0);
  });

  it('counts what is beyond them by its length', () => {
    expect(editDistance('a'.repeat(100_000), 'a'.repeat(90_000))).toBe(10_000);
    expect(editDistance('a'.repeat(100_000), '')).toBe(100_000);
  });
});

describe('checkKeys', () => {
  it('gives an object back whose keys are all known', () => {
    const options = { seed: 1, steps: undefined };
    expect(checkKeys(options, OPTIONS, 'options')).toBe(options);
  });

  it.each([
    [{ step: 1 }, /^options: "step" is not known; did you mean steps\? Known are seed, steps, /],
    [{ seed: 1, guidance: 3 }, /"guidance" is not known; did you mean guidanceScale\?/],
    [{ width: 256 }, /"width" is not known; known are seed, /],
    [JSON.parse('{"__proto__": 1}'), /"__proto__" is not known/],
    [{ hasOwnProperty: 1 }, /"hasOwnProperty" is not known/],
    [undefined, /^options: must be an object, not undefined/],
    [[1], /^options: must be an object, not \[1\]/],
    ['seed', /^options: must be an object, not "seed"/],
  ])('%#', (given, message) => {
    expect(() => checkKeys(given, OPTIONS, 'options')).toThrow(message);
  });

  it('refuses what cannot even be looked at', () => {
    expect(() => checkKeys(revokedList.proxy, OPTIONS, 'options')).toThrow(/^options: must be an object/);
  });
});
