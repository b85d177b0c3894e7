import { describe, expect, it } from 'vitest';
import {
  choice,
  decimal,
  number,
  positive,
  readFlags,
  text,
  wholeNumber,
  wholeNumbers,
} from '../src/flags.js';
import { joined, parseObjectFlag } from '../src/objects.js';

const definition = {
  seed: { type: 'string' },
  object: { type: 'string' },
  'null-tokens': { type: 'boolean' },
} as const;
const read = (...words: string[]) => readFlags(words, definition, 'spatiallock test');

describe('flags', () => {
  it('are kept in order when repeated, with = or without', () => {
    const flags = read('--object', 'a@1', '--seed=3', '--object=b@2', '--null-tokens');
    expect(flags.get('object')).toEqual(['a@1', 'b@2']);
    expect(text(flags, 'seed')).toBe('3');
    expect(flags.has('null-tokens')).toBe(true);
  });

  it.each([
    [['--bogus'], '--bogus: is not known; see spatiallock test --help'],
    [['-x'], '-x: is not known'],
    [['word'], '"word": does not belong to a flag'],
    [['--seed'], '--seed: needs a value after it'],
    [['--seed', '--object', 'x'], '--seed: needs a value after it'],
    [['--null-tokens=yes'], '--null-tokens: takes no value'],
    [['--constructor', '1'], '--constructor: is not known'],
  ])('%j is refused', (words, message) => {
    expect(() => read(...words)).toThrow(message);
  });

  it('refuses two values where one is meant', () => {
    expect(() => text(read('--seed', '1', '--seed', '2'), 'seed')).toThrow('--seed: was given 2 times');
  });

  it('reads numbers within their range', () => {
    expect(number(read('--seed', '.5'), 'seed', { min: 0, max: 1 })).toBe(0.5);
    expect(number(read(), 'seed', { min: 0 })).toBeUndefined();
    expect(() => number(read('--seed', '-1'), 'seed', { min: 0 })).toThrow(
      '--seed: must be a number of at least 0, not -1',
    );
    expect(() => number(read('--seed', '0'), 'seed', positive)).toThrow(
      '--seed: must be a number above 0, not 0',
    );
    expect(() => wholeNumber(read('--seed', '1.5'), 'seed', { min: 0, max: 9 })).toThrow(
      '--seed: must be a whole number in 0..9, not 1.5',
    );
    expect(() => wholeNumber(read('--seed', ''), 'seed', { min: 0 })).toThrow('not empty');
  });

  it('reads lists, each number once, ascending', () => {
    expect(wholeNumbers(read('--seed', '20,3,20'), 'seed', { min: 0 })).toEqual([3, 20]);
    expect(wholeNumbers(read(), 'seed', { min: 0 })).toBeUndefined();
    expect(() => wholeNumbers(read('--seed', '1,'), 'seed', { min: 0 })).toThrow(
      '--seed: must be a whole number of at least 0, not empty',
    );
  });

  it('reads one word of some', () => {
    expect(choice(read('--seed', 'b'), 'seed', ['a', 'b'])).toBe('b');
    expect(choice(read(), 'seed', ['a', 'b'])).toBeUndefined();
    expect(() => choice(read('--seed', 'toString'), 'seed', ['a', 'b'])).toThrow(
      '--seed: must be one of a, b, not toString',
    );
  });

  it('gathers words under the positional, where there is one', () => {
    const flags = readFlags(
      ['{}', '--seed', '3', '[]'],
      { ...definition, rest: { type: 'positional' } },
      'x',
    );
    expect(flags.get('rest')).toEqual(['{}', '[]']);
    expect(() => readFlags(['--rest', '1'], { rest: { type: 'positional' } }, 'x')).toThrow(
      '--rest: is not known; see x --help',
    );
  });

  it.each([
    ['1', 1],
    ['-0.25', -0.25],
    ['1e-2', 0.01],
    ['', Number.NaN],
    ['0x10', Number.NaN],
    ['Infinity', Number.NaN],
    ['1,5', Number.NaN],
  ])('decimal %j is %d', (given, value) => expect(decimal(given)).toBe(value));
});

describe('an object', () => {
  it('is a phrase and four numbers after an @, and no second one', () => {
    expect(() => parseObjectFlag('a dog@a cat@0,0,1,1')).toThrow(
      '--object: "a dog@a cat@0,0,1,1" has more than one @; give --object for each object, or a phrase',
    );
    expect(parseObjectFlag(' a dog @0.05, 0.35,0.45,0.95')).toEqual({
      phrase: 'a dog',
      box: [0.05, 0.35, 0.45, 0.95],
    });
  });

  it.each(['a dog', 'a dog@1,2,3', 'a dog@1,2,3,4,5', ''])('%j is refused', (given) => {
    expect(() => parseObjectFlag(given)).toThrow('must be phrase@x0,y0,x1,y1');
  });

  it('names the corner that is no number', () => {
    expect(() => parseObjectFlag('a dog@0,0,x,1')).toThrow('x1 must be a number');
  });
});

it('lists are joined as one speaks', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(joined)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
