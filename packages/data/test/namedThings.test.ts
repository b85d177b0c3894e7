// What captions name.

import { namedThings } from '@spatiallock/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelOf, nouns } from './captionWords.js';

/** "2 a red apple" for each kind. */
const read = (caption: string) =>
  namedThings(caption, labelOf).map(({ count, phrase }) => `${count} ${phrase}`);

describe('the things that a caption names', () => {
  it.each([
    ['two red apples and a cat on a beach', ['2 a red apple', '1 a cat']],
    ['zero dogs and twelve cats', ['12 a cat']],
    ['100 dogs, fifteen red apples', ['100 a dog', '15 a red apple']],
    ['a 747 dog and 1957 cats', ['1 a 747 dog', '2 a 1957 cat']],
    ['two rockets at night', ['2 a rocket']],
    ['A photo of three foxes, an apple and the dog', ['3 a fox', '1 an apple', '1 a dog']],
    ['puppies in a meadow', ['2 a puppy']],
    ['the puppies and a cat', ['2 a puppy', '1 a cat']],
    ['a pair of cats', ['2 a cat']],
    ['several people on the bus', ['3 a person', '1 a bus']],
    ['4 buses', ['4 a bus']],
    ['a few dogs, lots of cats and a dozen apples', ['3 a dog', '5 a cat', '12 an apple']],
    ["a cat on the dog's red bus", ['1 a cat', '1 a dog', '1 red bus']],
    ['a small fluffy orange cat', ['1 a small fluffy orange cat']],
    ['a dog under the stars', ['1 a dog']],
    ['a dog under a star', ['1 a dog', '1 a star']],
    ['blue dog and cat', ['1 blue dog', '1 cat']],
    ['scissors', ['1 scissors']],
  ])('%s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['two red and three blue buses', ['2 a red bus', '3 a blue bus']],
    ['a red, a blue and a green bus', ['1 a red bus', '1 a blue bus', '1 a green bus']],
    ['several old and one new red buses', ['3 an old bus', '1 a new red bus']],
    ['three red and blue and one green buses', ['2 a red bus', '1 a blue bus', '1 a green bus']],
    ['two orange and three blue cups', ['2 an orange cup', '3 a blue cup']],
    [
      'two red cups, three blue ones and a big green one',
      ['2 a red cup', '3 a blue cup', '1 a big green cup'],
    ],
    ['a black and white cat', ['1 a black and white cat']],
    ['a big, red bus', ['1 a big red bus']],
    ['a photo of red, green and blue buses', ['1 a red bus', '1 a green bus', '1 a blue bus']],
    ['three black and white cats', ['2 a black cat', '1 a white cat']],
    // Nor is what a name does, or a name that is not known, an adjective.
    ['two people riding buses, dogs chase black cats', ['2 a person', '2 a bus', '2 a dog', '2 a black cat']],
    ['cat;dog;bus', ['1 cat', '1 dog', '1 bus']],
    ['cats vs dogs', ['2 a cat', '2 a dog']],
    ['a table and two red cups', ['2 a red cup']],
    ['the sky is blue and two cats play', ['2 a cat']],
    ['the sky is blue and red stars shine', ['2 a red star']],
    ['a cat in white, red buses', ['1 a cat', '2 a red bus']],
    ['the night is blue. Cats, dogs', ['2 a cat', '2 a dog']],
    ['an orange and two blue buses', ['1 an orange', '2 a blue bus']],
    ['a dog under the red and blue stars', ['1 a dog']],
  ])('share a noun: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['two cups (one red, one blue)', ['1 a red cup', '1 a blue cup']],
    ['two cups, a red one and a blue one', ['1 a red cup', '1 a blue cup']],
    ['two cups: one is red and the other is blue, and a dog', ['1 a red cup', '1 a blue cup', '1 a dog']],
    ['three cats, one black and the others white', ['1 a black cat', '2 a white cat']],
    ['four cats on a hill, two of them black', ['2 a cat', '2 a black cat']],
    ['two cats, both black', ['2 a black cat']],
    ['three cats, all black and white', ['3 a black and white cat']],
    ['two cats, one black and white, one orange', ['1 a black and white cat', '1 an orange cat']],
    ['two cats, one orange and one black', ['1 an orange cat', '1 a black cat']],
    ['cats, one black, two white', ['1 a black cat', '2 a white cat']],
    ['two cats, the first black, the second white', ['1 a black cat', '1 a white cat']],
    ['two red buses, one big and the other small', ['1 a big red bus', '1 a small red bus']],
    ['one red bus, two blue and three green', ['1 a red bus', '2 a blue bus', '3 a green bus']],
    ['one red bus, two blue and three green cups', ['1 a red bus', '2 a blue cup', '3 a green cup']],
    ['a red bus and another blue one', ['1 a red bus', '1 a blue bus']],
    ['two buses, one red, another blue', ['1 a red bus', '1 a blue bus']],
    ['two red buses, three blue', ['2 a red bus', '3 a blue bus']],
    ['two red buses and one red', ['2 a red bus', '1 a red bus']],
    ['two buses and three red cups', ['2 a bus', '3 a red cup']],
    ['two cats, one orange and one apple', ['2 a cat', '1 an orange', '1 an apple']],
    ['two cats, one asleep', ['2 a cat']],
    ['a cat and a dog, one black and the other white', ['1 a cat', '1 a dog']],
    ['two cats, three black ones', ['2 a cat']],
    ['two cats, a black one on a hill and a white one on a rug', ['1 a black cat', '1 a white cat']],
    ['a black cat and a white cat, both small', ['1 a black cat', '1 a white cat']],
    ['two cups one red one blue', ['1 a red cup', '1 a blue cup']],
    ['two cats and one dog, a red one and a black one', ['2 a cat', '1 a dog']],
    ['two dogs. One is black. The other is white.', ['1 a black dog', '1 a white dog']],
    ['no cats, one black', []],
    ['two cats, one black and one table', ['1 a cat', '1 a black cat']],
  ])('are told by adjectives alone: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['1,000 cats and 12,500 dogs', ['1000 a cat', '12500 a dog']],
    ['one thousand two hundred and five cats', ['1205 a cat']],
    ['two hundred thousand dogs, 2,000,000 cats', ['200000 a dog', '2000000 a cat']],
    ['half a million cats', ['500000 a cat']],
    ['1500 cats', ['2 a 1500 cat']],
    ['twenty five cats and thirty-one dogs', ['25 a cat', '31 a dog']],
    ['two dozen apples, half a dozen red apples', ['24 an apple', '6 a red apple']],
    ['a hundred cats, two hundred and five dogs', ['100 a cat', '205 a dog']],
    ['2x cats, 3 x dogs & 1 bus', ['2 a cat', '3 a dog', '1 a bus']],
    ['2-3 cats', ['3 a cat']],
    ['one of the cats, 3 of the 5 dogs', ['1 a cat', '3 a dog']],
    ['two cats and two more cats', ['2 a cat', '2 a cat']],
    ['my cat, your dogs, all three buses and another star', ['1 a cat', '2 a dog', '3 a bus', '1 a star']],
    ['a pair of scissors, two pairs of scissors', ['1 scissors', '2 scissors']],
    ['- two cats\n- a dog', ['2 a cat', '1 a dog']],
  ])('are counted: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['a room without cats or dogs, and a bus', ['1 a bus']],
    ['no cats, dogs or buses', []],
    ['no cats, dogs', ['2 a dog']],
    ['neither cats nor dogs', []],
    ['not a cat but a dog', ['1 a dog']],
    ["there isn't a dog, there aren’t any cats; a bus", ['1 a bus']],
    ['a cat that doesn’t have a ball', ['1 a cat']],
    ['a cat instead of a dog, a bus rather than cups', ['1 a cat', '1 a bus']],
    ['a room free of dogs, all but a cat', ['1 a cat']],
    ['a cat w/o a dog w/ a ball', ['1 a cat', '1 a ball']],
    ['a bus without dogs and cats', ['1 a bus']],
    ['no dogs and two cats', ['2 a cat']],
    ['without a dog and a cat', ['1 a cat']],
    ['a not very big dog', ['1 very big dog']],
  ])('are none where they are negated: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['a hot dog beside a dog', ['hot dog', 'dog']],
    ['a teddy bear and a bear', ['teddy bear', 'bear']],
    ['an alarm clock', ['alarm clock']],
    ['two wine glasses', ['wine glass']],
    ['a cup of coffee and a cup', ['coffee', 'cup']],
    ['two bunches of grapes', ['grapes']],
    ['a picture of a potted plant', ['potted plant']],
    ['dogs, cats', ['dog', 'cat']],
    ['a cat without a dog, and no rockets or 0 buses', ['cat']],
    ['a fine morning', []],
    ['', []],
  ])('%s: by their labels', (caption, wanted) => {
    expect(namedThings(caption, labelOf).map(({ label }) => label)).toEqual(wanted);
  });

  it.each([
    // The first word alone is a name of the whole, the last one of something else.
    ['a teddy bear and a bear', ['1 a teddy bear', '1 a bear']],
    ['two red teddy bears, three bears', ['2 a red teddy bear', '3 a bear']],
    ['three slices of pizza and a slice of pizza', ['3 a slice of pizza', '1 a slice of pizza']],
    ['two big pieces of cheese pizza', ['2 a big piece of cheese pizza']],
    ['four heads of broccoli', ['4 a head of broccoli']],
    ['a box of apples', ['2 an apple']],
    ['a bowl of apples', ['1 a bowl', '2 an apple']],
    ['a bowl of three red apples', ['1 a bowl', '3 a red apple']],
    ['the ball of the dog', ['1 a ball', '1 a dog']],
    [
      'a red pair of scissors, two open pairs of scissors',
      ['1 a red pair of scissors', '2 an open pair of scissors'],
    ],
    [
      'an orange slice of pizza and an orange kitchen cup',
      ['1 an orange slice of pizza', '1 an orange kitchen cup'],
    ],
    ['an orange sailing cup, an orange lying there', ['1 an orange sailing cup', '1 an orange']],
    ['a dog with a ball, cups with apples', ['1 a dog', '1 a ball', '2 a cup', '2 an apple']],
  ])('have names of several words: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['two cats and a red bus, one black and one white', ['1 a black cat', '1 a white cat', '1 a red bus']],
    ['two cats and a dog, one black and one white', ['1 a black cat', '1 a white cat', '1 a dog']],
    ['three dogs with a cat, two black and one white', ['2 a black dog', '1 a white dog', '1 a cat']],
    [
      'two cats and a red bus. The first is black, the second white',
      ['1 a black cat', '1 a white cat', '1 a red bus'],
    ],
    ['two cats and a red bus, both black, and a dog', ['2 a black cat', '1 a red bus', '1 a dog']],
    ['three cats on a bus, one orange and the others grey', ['1 an orange cat', '2 a grey cat', '1 a bus']],
    // Lists that go on, and items of another number.
    [
      'two cats, a red bus, one blue and one green',
      ['2 a cat', '1 a red bus', '1 a blue bus', '1 a green bus'],
    ],
    [
      'two cats and a red bus, two blue and one green',
      ['2 a cat', '1 a red bus', '2 a blue bus', '1 a green bus'],
    ],
    ['two big dogs, one black and one white', ['1 a black big dog', '1 a white big dog']],
    ['two red buses and a dog, one big and one small', ['1 a big red bus', '1 a small red bus', '1 a dog']],
    ['two big dogs and two small', ['2 a big dog', '2 a small dog']],
    ['two red buses, one of them big', ['1 a red bus', '1 a big red bus']],
    ['two cats. The first one is black, the other one is white', ['1 a black cat', '1 a white cat']],
    ['two cats, the left one black and the right one white', ['1 a black cat', '1 a white cat']],
    ['two cats, the one on the left is red, the one on the right blue', ['1 a red cat', '1 a blue cat']],
  ])('are told by adjectives after other things: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ['A dog and a cat on a bus. The dog is brown, the cat sleeps.', ['1 a dog', '1 a cat', '1 a bus']],
    [
      'a black cat and a white cat. The black cat sits on a red bus',
      ['1 a black cat', '1 a white cat', '1 a red bus'],
    ],
    ['two dogs. Both dogs are black', ['2 a dog']],
    ['two dogs and a cat. These two dogs look at the cat', ['2 a dog', '1 a cat']],
    ['a dog and another dog. The dogs are brown', ['1 a dog', '1 a dog']],
    ['three cats. One of the cats sleeps', ['3 a cat']],
    ['two cats. The first cat is black, the second cat is white', ['2 a cat']],
    ['two dogs, one black dog and one white dog', ['1 a black dog', '1 a white dog']],
    ['three cups: two red cups and one blue cup', ['2 a red cup', '1 a blue cup']],
    ['two dogs on a bus, a black dog and a white dog', ['1 a bus', '1 a black dog', '1 a white dog']],
    ['Two cats. One cat is black and one cat is white.', ['1 a cat', '1 a cat']],
    ['two dogs. One dog is brown, the other dog is white', ['1 a dog', '1 a dog']],
    // Others of the kind.
    ['the first dog and the second dog', ['1 a dog', '1 a dog']],
    ['this dog and that dog', ['1 a dog', '1 a dog']],
    ['a red bus and the blue bus', ['1 a red bus', '1 a blue bus']],
    ['a dog, the other dog and a dog', ['1 a dog', '1 a dog', '1 a dog']],
    ['a dog and the three dogs', ['1 a dog', '3 a dog']],
    ['two dogs on the left, one dog on the right and one dog above', ['2 a dog', '1 a dog', '1 a dog']],
    ['two dogs and a black dog and a white dog', ['2 a dog', '1 a black dog', '1 a white dog']],
    ['two dogs, a cat, a black dog, a white dog', ['2 a dog', '1 a cat', '1 a black dog', '1 a white dog']],
    ['two dogs, one dog and one cat', ['2 a dog', '1 a dog', '1 a cat']],
    ['without a dog. The dog', ['1 a dog']],
  ])('are not named again: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it.each([
    ["the dogs' red ball", ['2 a dog', '1 red ball']],
    ['two dogs’ balls', ['2 a dog', '2 a ball']],
    ["'two dogs' and 'a cat'", ['2 a dog', '1 a cat']],
    ['‘two dogs’ bark', ['2 a dog']],
    ['a dog/cat, cups / apples', ['1 a dog', '1 cat', '2 a cup', '2 an apple']],
    ['a black/white cat', ['1 a black and white cat']],
    ['#dog #cat', ['1 dog', '1 cat']],
    ['a two year old dog', ['1 a two year old dog']],
    ['two year old dogs and 3 ten foot tall trees', ['2 a two year old dog', '3 a ten foot tall tree']],
    ['some pizza, some broccoli and some apples', ['1 a pizza', '1 a broccoli', '3 an apple']],
    ['some fish', ['3 a fish']],
    ['multiple dogs, numerous cats, a trio of cups', ['3 a dog', '5 a cat', '3 a cup']],
    ['a dog with the cats between the two trees', ['1 a dog', '2 a cat', '2 a tree']],
    ['a dog under an orange sky', ['1 a dog']],
    ['orange leaves and an orange dress', []],
    ['an orange sits on an orange', ['1 an orange', '1 an orange']],
    ['a glass of orange juice, an orange slice', ['1 an orange']],
    ['orange cup, orange', ['1 orange cup', '1 orange']],
    ['an orange and white cat', ['1 an orange and white cat']],
    ['orange, white and black cats', ['1 an orange cat', '1 a white cat', '1 a black cat']],
    ['an orange and white dress, an orange striped cat', ['1 an orange striped cat']],
    ['a white and orange cat', ['1 a white and orange cat']],
    ['an orange and red buses', ['1 an orange and red bus']],
    ['an orange, red apples', ['1 an orange', '2 a red apple']],
    ['three 5 year old dogs, its own ball', ['3 a 5 year old dog', '1 a ball']],
    ['a 12" pizza, "route 66" buses', ['1 a 12-inch pizza', '66 a bus']],
  ])('as people write them: %s', (caption, wanted) => {
    expect(read(caption)).toEqual(wanted);
  });

  it('are read from any text, in phrases that name them', () => {
    const words = [
      ...nouns,
      'two',
      'a',
      'the',
      'of',
      'on',
      ',',
      'and',
      'red',
      'puppies',
      'one',
      'both',
      'first',
      '12',
      'many',
      '-',
      '🙂',
    ];
    const captions = fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((each) => each.join(' '));
    fc.assert(
      fc.property(captions, (caption) => {
        for (const { label, phrase, count } of namedThings(caption, labelOf)) {
          expect(labelOf(phrase)).toBe(label);
          expect(count).toBeGreaterThanOrEqual(1);
        }
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (caption) => void namedThings(caption, labelOf)));
  });

  it('are none in a list of any length that is negated', () => {
    const isCat = (phrase: string) => (/cats?$/.test(phrase) ? 'cat' : undefined);
    expect(namedThings(`no ${'cats, '.repeat(20_000)} or cats`, isCat)).toEqual([]);
  });

  it('need a text and a function', () => {
    expect(() => namedThings(7 as never, labelOf)).toThrow('caption');
    expect(() => namedThings('a dog', undefined as never)).toThrow('labelOf: must be a function');
  });
});
