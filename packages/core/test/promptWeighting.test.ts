import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PromptWeighting, promptWeightings, weightedParts } from '../src/entries/pipeline.js';

/** Parts as text and weight, the weights to six digits. */
const read = (text: string, weighting: PromptWeighting) =>
  weightedParts(text, weighting).map(({ text, weight }) => [text, Number(weight.toFixed(6))]);

describe('weights in prompts, computed by hand', () => {
  it.each([
    ['a dog', [['a dog', 1]]],
    [
      'a (dog)',
      [
        ['a ', 1],
        ['dog', 1.1],
      ],
    ],
    [
      'a ((dog)) here',
      [
        ['a ', 1],
        ['dog', 1.21],
        [' here', 1],
      ],
    ],
    [
      'a (dog:1.3)',
      [
        ['a ', 1],
        ['dog', 1.3],
      ],
    ],
    [
      'a [dog]',
      [
        ['a ', 1],
        ['dog', 0.909091],
      ],
    ],
    [
      'a [[dog]]',
      [
        ['a ', 1],
        ['dog', 0.826446],
      ],
    ],
    [
      '(a (dog:1.3) here)',
      [
        ['a ', 1.1],
        ['dog', 1.43],
        [' here', 1.1],
      ],
    ],
    [
      '(a [dog])',
      [
        ['a ', 1.1],
        ['dog', 1],
      ],
    ],
    [
      '(a:2) (b:.5)',
      [
        ['a', 2],
        [' ', 1],
        ['b', 0.5],
      ],
    ],
    ['(rain:-0.5)', [['rain', -0.5]]],
    ['(a dog : 1.2 )', [['a dog ', 1.2]]],
    [String.raw`a \(dog\)`, [['a (dog)', 1]]],
    [
      String.raw`a (dog \(red\):1.2)`,
      [
        ['a ', 1],
        ['dog (red)', 1.2],
      ],
    ],
    [String.raw`a \[dog\] \\`, [['a [dog] \\', 1]]],
    [
      'a (dog',
      [
        ['a ', 1],
        ['dog', 1.1],
      ],
    ],
    [
      'a [dog',
      [
        ['a ', 1],
        ['dog', 0.909091],
      ],
    ],
    ['a dog) ]', [['a dog) ]', 1]]],
    ['at 10:30', [['at 10:30', 1]]],
    ['dog:1.3)', [['dog:1.3)', 1]]],
    ['(dog:big)', [['dog:big', 1.1]]],
    ['()', []],
    ['', []],
  ])('as a1111: %s', (text, parts) => expect(read(text, 'a1111')).toEqual(parts));

  it.each([
    ['a dog', [['a dog', 1]]],
    [
      'a (dog)',
      [
        ['a ', 1],
        ['dog', 1.1],
      ],
    ],
    [
      'a ((dog)) here',
      [
        ['a ', 1],
        ['dog', 1.21],
        [' here', 1],
      ],
    ],
    [
      'a (dog:1.3)',
      [
        ['a ', 1],
        ['dog', 1.3],
      ],
    ],
    ['a [dog]', [['a [dog]', 1]]],
    [
      '(a (dog:1.3) here)',
      [
        ['a ', 1.1],
        ['dog', 1.3],
        [' here', 1.1],
      ],
    ],
    ['((dog:1.3))', [['dog', 1.3]]],
    ['((a dog):0.5)', [['a dog', 0.55]]],
    [
      '(a:2) (b:.5)',
      [
        ['a', 2],
        [' ', 1],
        ['b', 0.5],
      ],
    ],
    [String.raw`a \(dog\)`, [['a (dog)', 1]]],
    [
      String.raw`a (dog \(red\):1.2)`,
      [
        ['a ', 1],
        ['dog (red)', 1.2],
      ],
    ],
    ['a (dog', [['a (dog', 1]]],
    [
      'a dog) (cat)',
      [
        ['a dog) ', 1],
        ['cat', 1.1],
      ],
    ],
    [
      'a ((dog)',
      [
        ['a (', 1],
        ['dog', 1.1],
      ],
    ],
    ['(dog:big)', [['dog:big', 1.1]]],
    ['(:1.3)', [[':1.3', 1.1]]],
    ['()', []],
  ])('as comfyui: %s', (text, parts) => expect(read(text, 'comfyui')).toEqual(parts));
});

const signs = fc.constantFrom('(', ')', '[', ']', '\\', ':', '1.3', '.5', ' ', 'a dog', ':1.2)', '-', ',');
const prompts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(signs, { maxLength: 60 }).map((all) => all.join('')),
);

describe.each(promptWeightings)('any text, as %s', (weighting) => {
  it('gives finite weights, parts that are not empty, and no letter more or less', () => {
    const letters = (text: string) => text.replace(/[\\()[\]:.\d\s+-]/g, '');
    fc.assert(
      fc.property(prompts, (text) => {
        const parts = weightedParts(text, weighting);
        for (const part of parts) {
          expect(part.text).not.toBe('');
          expect(Number.isFinite(part.weight)).toBe(true);
        }
        expect(letters(parts.map((part) => part.text).join(''))).toBe(letters(text));
      }),
    );
  });

  it('without signs is one part that counts once', () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => text.replace(/[\\()[\]:]/g, '')),
        (text) => {
          expect(weightedParts(text, weighting)).toEqual(text === '' ? [] : [{ text, weight: 1 }]);
        },
      ),
    );
  });

  it('with a hundred thousand signs is read, or refused by its depth', () => {
    for (const sign of ['(', ')', '(a)', '(a:1.3)', '\\', ':', '((']) {
      const text = sign.repeat(100_000);
      const parts = (): number => weightedParts(text, weighting).length;
      if (weighting === 'a1111' && sign.replace(/\)/g, '') === sign && sign.includes('(')) {
        expect(parts).toThrow('more than 100 brackets stand in each other');
      } else expect(parts()).toBeLessThanOrEqual(100_000);
    }
    const nested = `${'('.repeat(101)}a${')'.repeat(101)}`;
    expect(() => weightedParts(nested, weighting)).toThrow('more than 100 brackets stand in each other');
  });
});
