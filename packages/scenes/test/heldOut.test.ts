import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Art,
  askedOf,
  colourShare,
  composeScene,
  heldOutColours,
  heldOutLayout,
  heldOutPairs,
  heldOutScenes,
  isHeldOut,
  layoutImages,
  loadArt,
  realImages,
  varieties,
} from '../src/index.js';
import { backgroundNames, classOf } from '../src/web.js';

let art: Art;
beforeAll(async () => {
  art = await loadArt();
});

describe('held-out scenes', () => {
  it.each(varieties)('are the layouts of their seeds, %s, with what training never showed', (variety) => {
    const scenes = heldOutScenes(3, 400, variety);
    expect(scenes.map(({ seed }) => seed)).toEqual(scenes.map((_, i) => 3_000_000 + i));
    for (const { seed, layout, background, labels, unseen } of scenes) {
      const own = heldOutLayout(seed, { pairs: 'any', variety });
      expect({ background, labels }).toEqual({
        background: own.background,
        labels: own.objects.map(({ label }) => label),
      });
      expect(layout).toEqual(askedOf(own));
      const place = backgroundNames.indexOf(background);
      expect(unseen).toEqual(labels.map((label) => isHeldOut(classOf(label).index, place)));
    }
    const share = scenes.flatMap(({ unseen }) => unseen).filter(Boolean).length;
    expect(share).toBeGreaterThan(scenes.length / 50);
  });

  it('show pairs of every kind', () => {
    const held = new Set(heldOutColours.map((pair) => pair.join('|')));
    const layouts = heldOutScenes(1, 300).map(({ seed }) => heldOutLayout(seed, { pairs: 'any' }));
    const worn = layouts.flatMap(({ objects }) => objects.map(({ label, colour }) => `${label}|${colour}`));
    expect(worn.some((pair) => held.has(pair))).toBe(true);
    expect(heldOutPairs).toHaveLength(112);
  });

  it('never share a layout with those of another seed, and name wrong arguments', () => {
    const prompts = [heldOutScenes(1, 50), heldOutScenes(2, 50)].flat().map(({ layout }) => layout);
    expect(new Set(prompts.map((layout) => JSON.stringify(layout))).size).toBe(100);
    expect(heldOutScenes(1, 0)).toEqual([]);
    expect(() => heldOutScenes(-1, 1)).toThrow('seed: must be a whole number');
    expect(() => heldOutScenes(1, 0.5)).toThrow('count: must be a whole number');
    expect(() => heldOutScenes(1, 1, 'odd' as never)).toThrow('variety: "odd" is unknown');
    expect(() => askedOf({ prompt: '' } as never)).toThrow('layout.objects: must be a list of objects');
    expect(() => askedOf({ prompt: '', objects: [null] } as never)).toThrow('layout.objects[0]: must be');
  });
});

describe('real pictures of held-out scenes', () => {
  it('are the scenes themselves, of any size', async () => {
    const [scene] = heldOutScenes(4, 1, 'crowded');
    const [image] = await realImages([scene], { width: 40, height: 40 });
    const own = composeScene(art, scene.seed, {
      split: 'heldout',
      pairs: 'any',
      variety: 'crowded',
      size: 40,
    });
    expect(image).toEqual({ width: 40, height: 40, channels: 3, data: new Uint8ClampedArray(own.image) });
  });

  it('are square, and name wrong arguments', async () => {
    const scenes = heldOutScenes(4, 1);
    await expect(realImages(scenes, { width: 64, height: 32 })).rejects.toThrow('only square pictures');
    await expect(realImages(scenes, { width: 0, height: 0 })).rejects.toThrow('size.width: must be');
    await expect(realImages(scenes, 64 as never)).rejects.toThrow('size: must be an object, not 64');
    await expect(realImages([1] as never, { width: 8, height: 8 })).rejects.toThrow('scenes[0]: must be');
  });
});

describe("pictures of anybody's layouts", () => {
  const box = [0.2, 0.2, 0.8, 0.6] as const;

  it('show the art of their classes in their boxes and colours, before one background after another', () => {
    const images = layoutImages(
      art,
      [[{ label: 'apple', box }], [{ label: 'apple', colour: 'blue', box }]],
      64,
    );
    expect(images.map(({ width, height, channels }) => [width, height, channels])).toEqual([
      [64, 64, 3],
      [64, 64, 3],
    ]);
    const inner = [0.35, 0.35, 0.65, 0.5] as const;
    const share = (i: number, colour: 'red' | 'blue'): number => colourShare(images[i], inner, colour);
    expect(share(0, 'red')).toBeGreaterThan(0.6);
    expect(share(1, 'blue')).toBeGreaterThan(0.6);
    expect(share(1, 'red')).toBeLessThan(0.1);
    const [again] = layoutImages(art, [[{ label: 'apple', box }]], 64);
    expect(again).toEqual(images[0]);
    const bare = layoutImages(
      art,
      Array.from({ length: 17 }, () => []),
      16,
    );
    expect(new Set(bare.map(({ data }) => data.join())).size).toBe(17);
  });

  it('show of a box far smaller than a pixel next to nothing', () => {
    const speck = [0.5, 0.5, 0.5 + 1e-13, 0.5 + 1e-13] as const;
    const [bare, drawn] = [[], [{ label: 'apple', box: speck }]].map(
      (row) => layoutImages(art, [row], 16)[0],
    );
    expect(drawn).toEqual(bare);
  });

  it('name wrong arguments', () => {
    const draw = (object: object) => () => layoutImages(art, [[object as never]], 16);
    expect(draw({ label: 'unicorn', box })).toThrow('label: "unicorn"');
    expect(draw({ label: 'dog', colour: 'mauve', box })).toThrow('layouts[0][0].colour: must be one of');
    expect(draw({ label: 'dog' })).toThrow('layouts[0][0].box: must be');
    expect(draw({ label: 'dog', box: [0.5, 0.5, 1.5, 1] })).toThrow(
      'layouts[0][0].box: x1 (1.5) must lie in 0..1',
    );
    expect(draw({ label: 'dog', box: [0.5, 0.5, 0.5, 1] })).toThrow(
      'x1 (0.50) must be greater than x0 (0.50)',
    );
    expect(() => heldOutScenes(1, 1_000_001)).toThrow('count: must be a whole number in 0..1000000');
    expect(() => layoutImages(art, [1 as never], 16)).toThrow('layouts[0]: must be a list of objects, not 1');
    expect(() => layoutImages(art, [], 0.5)).toThrow('size: must be a whole number');
    expect(() => layoutImages({} as never, [], 16)).toThrow('art.sprites: must be a list');
  });
});
