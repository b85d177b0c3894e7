import { wordsOf } from '@spatiallock/core/pipeline';
import { namedThings } from '@spatiallock/data';
import { describe, expect, it } from 'vitest';
import {
  allPhrases,
  allWords,
  backgrounds,
  captionOf,
  classes,
  classOf,
  colourOf,
  labelOf,
  limits,
  nameOf,
  phraseOf,
  phrasesOf,
  planScene,
  sceneRandom,
} from '../src/index.js';

const plans = Array.from({ length: 3000 }, (_, seed) => planScene(seed, { variety: 'mixed' }));

describe('captions', () => {
  it('use no word outside the list', () => {
    const words = new Set(allWords());
    const texts = plans.flatMap((plan) => [plan.caption, ...plan.objects.map((object) => object.phrase)]);
    expect(texts.flatMap(wordsOf).filter((word) => !words.has(word))).toEqual([]);
  });

  it('are read as what their scenes hold', () => {
    for (const { caption, objects } of plans) {
      const held = objects.map(({ label, colour }) => [colour, label].join(' '));
      const read = namedThings(caption, labelOf).flatMap(({ label, phrase, count }) =>
        new Array<string>(count).fill([colourOf(phrase), label].join(' ')),
      );
      expect(read.sort(), caption).toEqual(held.sort());
    }
  });

  it('use phrases of the finite list only, with several for a class', () => {
    for (const plan of plans.slice(0, 500)) {
      for (const object of plan.objects) expect(phrasesOf(classes[object.index])).toContain(object.phrase);
    }
    const dogs = plans.flatMap((plan) => plan.objects).filter((object) => object.label === 'dog');
    const phrases = new Set(dogs.map((object) => object.phrase));
    expect(phrases).toContain('a dog');
    expect(phrases).toContain('a puppy');
    expect(phrases).toContain('the dog');
  });

  it('name the background in words of its own, in training now and then nothing', () => {
    const named = (caption: string): string[] =>
      backgrounds
        .filter(({ places }) =>
          places.some((place) => ` ${caption.replaceAll(',', '')} `.includes(` ${place} `)),
        )
        .map(({ name }) => name);
    for (const split of ['judge', 'heldout'] as const) {
      for (let seed = 0; seed < 400; seed++) {
        const plan = planScene(seed, { split, variety: 'mixed' });
        expect(named(plan.caption)).toContain(plan.background);
      }
    }
    const unnamed = plans.filter((plan) => named(plan.caption).length === 0).length;
    expect(unnamed / plans.length).toBeGreaterThan(0.05);
    expect(unnamed / plans.length).toBeLessThan(0.12);
    expect(
      plans.every(({ caption, background }) => named(caption).every((name) => name === background)),
    ).toBe(true);
  });

  it('fit into 75 tokens of whole words', () => {
    const longest = (texts: readonly string[]): number =>
      Math.max(...texts.map((text) => wordsOf(text).length));
    const phrase = longest(allPhrases());
    const place = longest(backgrounds.flatMap(({ places }) => places));
    // "a picture of", eight phrases with seven commas or "and", and the place.
    expect(3 + limits.maxObjects * phrase + 7 + place + 1).toBeLessThanOrEqual(75);
    const crowded = Array.from({ length: 3000 }, (_, seed) =>
      planScene(seed, { variety: 'crowded', count: 8 }),
    );
    expect(longest(crowded.map(({ caption }) => caption))).toBeLessThanOrEqual(70);
    expect(allWords().every((word) => /^[a-z-]+$|^,$/.test(word))).toBe(true);
  });

  it('count what is there more than once and use the right article', () => {
    const [apple, dog] = [classOf('apple'), classOf('dog')];
    const naming = { index: apple.index, noun: apple.nouns[0] };
    const beach = backgrounds.filter(({ name }) => name === 'beach')[0];
    const caption = captionOf(
      [naming, { index: dog.index, noun: dog.nouns[0] }, naming],
      beach,
      sceneRandom(1),
    );
    expect(caption).toMatch(/two apples/);
    expect(caption).toMatch(/a dog/);
    const blue = { ...naming, adjective: 'blue', colour: 'blue' } as const;
    expect(captionOf([blue, naming, blue], beach, sceneRandom(1))).toMatch(
      /two blue apples.*an apple|an apple.*two blue apples/,
    );
    expect(captionOf([naming], undefined, sceneRandom(3))).toMatch(/an apple$/);
    const phrases = phrasesOf(apple);
    for (const phrase of [
      'an apple',
      'the apple',
      'apple',
      'a blue apple',
      'the grey apple',
      'gray apple',
      'an orange apple',
    ])
      expect(phrases).toContain(phrase);
    expect(plans.filter((plan) => /\ba [aeiou]|\ban [^aeiou]/.test(plan.caption))).toEqual([]);
  });

  it('name what is wrong with an entry, a naming, a background or random numbers', () => {
    const [apple, rng] = [classOf('apple'), sceneRandom(1)];
    const naming = { index: apple.index, noun: apple.nouns[0] };
    expect(() => phrasesOf({} as never)).toThrow('entry.nouns: must be a list of nouns, not undefined');
    expect(() => nameOf(apple, {} as never)).toThrow('rng: must be random numbers, as sceneRandom() gives');
    expect(() => phraseOf(apple, rng, {} as never)).toThrow('naming.noun: must be an object');
    expect(() => captionOf({} as never, backgrounds[0], rng)).toThrow('namings: must be a list');
    expect(() => captionOf([naming], {} as never, rng)).toThrow('background.places: must be a list of texts');
    expect(() => captionOf([naming], backgrounds[0], {} as never)).toThrow('rng: must be random numbers');
  });

  it("are made of an entry of one's own, too", () => {
    const unicorn = { ...classOf('horse'), index: 500, label: 'unicorn' };
    const nouns = [{ one: 'a unicorn', bare: 'unicorn', many: 'unicorns' }];
    expect(phrasesOf({ ...unicorn, nouns, looks: [] })).toEqual(['a unicorn', 'the unicorn', 'unicorn']);
  });
});
