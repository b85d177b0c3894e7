import { beforeAll, describe, expect, it } from 'vitest';
import { keepPart } from '../src/art.js';
import {
  type Art,
  allPhrases,
  alphaBox,
  classes,
  classLabels,
  classOf,
  loadArt,
  loadSprite,
  withArticle,
} from '../src/index.js';

let art: Art;
beforeAll(async () => {
  art = await loadArt();
});

/** COCO's 80 names in its own order, without those that the art has no honest picture of. */
const cocoNames =
  'person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, stop sign, bird, cat, dog, horse, ' +
  'sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, sports ball, kite, ' +
  'skateboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, ' +
  'carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, toilet, tv, laptop, mouse, keyboard, cell phone, ' +
  'book, clock, vase, scissors, teddy bear, toothbrush';

describe('classes', () => {
  it('are 112 with labels of their own and phrases that no other class uses', () => {
    expect(classes).toHaveLength(112);
    expect(new Set(classLabels).size).toBe(112);
    const phrases = allPhrases();
    expect(new Set(phrases).size).toBe(phrases.length);
    expect(classOf('dog').nouns.map((noun) => noun.one)).toEqual(['a dog', 'a puppy']);
    expect(() => classOf('unicorn')).toThrow(/"unicorn".*dog/);
    expect(() => withArticle(undefined as never)).toThrow('words: must be text, not undefined');
  });

  it("hold COCO's names that the art shows, each once", () => {
    const coco = classes.flatMap((entry) => entry.coco ?? []);
    expect([...coco].sort()).toEqual(cocoNames.split(', ').sort());
    expect(classes.map(({ index }) => index)).toEqual(classes.map((_, k) => k));
    expect(new Set(classes.map(({ asset }) => asset)).size).toBe(classes.length);
  });

  it('have the natural width / height of their pictures', () => {
    for (const [i, { levels }] of art.sprites.entries()) {
      expect(classes[i].aspect).toBeCloseTo(levels[0].width / levels[0].height, 3);
      expect(levels[3].width).toBe(Math.round(Math.round(Math.round(levels[0].width / 2) / 2) / 2));
    }
  });

  it('show the fork without its knife and the couch without its lamp', () => {
    expect(classOf('fork').aspect).toBeLessThan(0.4);
    expect(classOf('couch').aspect).toBeGreaterThan(1.5);
  });

  it('name what is wrong with a picture or a folder', async () => {
    const picture = { width: 2, height: 1, data: new Uint8Array(4) };
    expect(() => alphaBox(picture)).toThrow('picture.data: must hold 8 numbers, not 4');
    expect(() => alphaBox({ ...picture, width: 0 })).toThrow('picture.width: must be a whole number');
    await expect(loadSprite({} as never, 'a.png')).rejects.toThrow('source.label: must be text');
    await expect(loadSprite({ label: 'dog' }, 1 as never)).rejects.toThrow(
      'path: must be the path of a picture',
    );
    await expect(loadArt(1 as never)).rejects.toThrow('folder: must be the path of a folder');
    await expect(loadArt('nowhere')).rejects.toThrow(/art of ".*": cannot read nowhere/);
  });

  it('keep one connected part of a picture', () => {
    const alpha = [255, 255, 0, 255, 0, 0, 255, 255, 255];
    const data = new Uint8Array(4 * 9);
    alpha.forEach((a, i) => {
      data[4 * i + 3] = a;
    });
    keepPart({ width: 3, height: 3, data }, [1, 0]);
    expect(alpha.map((_, i) => data[4 * i + 3])).toEqual([255, 255, 0, 255, 0, 0, 255, 255, 255]);
    keepPart({ width: 3, height: 3, data: data.fill(0, 12, 16) }, [1, 0]);
    expect(alpha.map((_, i) => data[4 * i + 3])).toEqual([255, 255, 0, 0, 0, 0, 0, 0, 0]);
  });
});
