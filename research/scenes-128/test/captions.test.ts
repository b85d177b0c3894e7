import { wordsOf } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import {
  allPhrases,
  allWords,
  backgrounds,
  captionOf,
  classes,
  classLabels,
  classOf,
  phrasesOf,
  planScene,
  sceneRandom,
} from '../src/index.js';

const plans = Array.from({ length: 3000 }, (_, seed) => planScene(seed));

describe('classes', () => {
  it('are 64 with labels of their own and phrases that no other class uses', () => {
    expect(classes).toHaveLength(64);
    expect(new Set(classLabels).size).toBe(64);
    const phrases = allPhrases();
    expect(new Set(phrases).size).toBe(phrases.length);
    expect(classOf('dog').nouns.map((noun) => noun.one)).toEqual(['a dog', 'a puppy']);
    expect(() => classOf('unicorn')).toThrow(/"unicorn".*dog/);
  });
});

describe('captions', () => {
  it('use no word outside the list', () => {
    const words = new Set(allWords());
    const texts = plans.flatMap((plan) => [plan.caption, ...plan.objects.map((object) => object.phrase)]);
    expect(texts.flatMap(wordsOf).filter((word) => !words.has(word))).toEqual([]);
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

  it('name the background in words of its own', () => {
    for (const plan of plans.slice(0, 500)) {
      const matching = backgrounds.filter(({ places }) =>
        places.some((place) => plan.caption.endsWith(place)),
      );
      expect(matching.map(({ name }) => name)).toEqual([plan.background]);
    }
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
    expect(phrasesOf(apple)).toEqual([
      'an apple',
      'the apple',
      'apple',
      'a red apple',
      'the red apple',
      'red apple',
    ]);
    expect(plans.filter((plan) => /\ba [aeiou]|\ban [^aeiou]/.test(plan.caption))).toEqual([]);
  });
});
