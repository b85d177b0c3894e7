import { type Box, iou as boxIou } from '@spatiallock/core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Art,
  type AskedObject,
  classes,
  classLabels,
  composeScene,
  fitJudge,
  isBackground,
  type Judge,
  loadArt,
  planScene,
  renderScene,
  type Scene,
  sceneRandom,
  type Variety,
} from '../src/index.js';

// Each picture takes a third of a second on an idle core.
vi.setConfig({ testTimeout: 600_000 });

let art: Art;
let judge: Judge;
beforeAll(async () => {
  art = await loadArt();
  judge = fitJudge(art, { examples: 60 });
});

const pictureOf = ({ width, height, image }: Scene) => ({ width, height, data: image });

/** Real scenes of a stream that no generator learns from. */
const scenes = (count: number, variety: Variety, size: number, start = 9000): Scene[] =>
  Array.from({ length: count }, (_, k) =>
    composeScene(art, start + k, { split: 'judge', pairs: 'any', variety, size }),
  );

/** The objects of a scene with every edge wrong by up to 12 % of its side. */
function blurred(scene: Scene, seed: number): AskedObject[] {
  const rng = sceneRandom(seed, 'edges');
  return scene.objects.map(({ label, colour, box: [x0, y0, x1, y1] }) => {
    const off = (side: number): number => rng.uniform(-0.12, 0.12) * side;
    const [width, height] = [x1 - x0, y1 - y0];
    const edges = [x0 + off(width), y0 + off(height), x1 + off(width), y1 + off(height)];
    const box = edges.map((edge) => Math.min(1, Math.max(0, edge)));
    return { label, ...(colour ? { colour } : {}), box: [box[0], box[1], box[2], box[3]] };
  });
}

describe('the judge on real scenes', () => {
  it.each([
    ['plain', 256, 6],
    ['wide', 128, 6],
  ] as const)(
    'finds the objects of %s scenes of %d px, given boxes that are wrong by 12 %%',
    (variety, size, count) => {
      const found = scenes(count, variety, size).flatMap((scene, k) => {
        const { objects } = judge.judge(pictureOf(scene), blurred(scene, k));
        return objects.map((object, i) => ({
          iou: boxIou(object.pose.box, scene.objects[i].box),
          right: object.present && object.rank === 1,
          turned: object.turns && object.pose.flip !== scene.objects[i].flip,
          mixed: object.mixed,
          colour: object.colourRight,
        }));
      });
      const mean = (values: readonly number[]): number =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(found.length).toBeGreaterThan(12);
      expect(mean(found.map(({ iou }) => iou))).toBeGreaterThanOrEqual(0.985);
      expect(mean(found.map(({ right }) => (right ? 1 : 0)))).toBeGreaterThanOrEqual(0.97);
      expect(found.filter(({ turned }) => turned)).toEqual([]);
      expect(found.filter(({ mixed }) => mixed)).toEqual([]);
      expect(found.filter(({ colour }) => colour === false)).toEqual([]);
    },
  );

  it('finds objects that others hide', () => {
    const results = scenes(4, 'crowded', 128).flatMap((scene, k) =>
      judge
        .judge(pictureOf(scene), blurred(scene, k))
        .objects.map((object, i) => ({ object, truth: scene.objects[i] }))
        .filter(({ truth }) => truth.visible < 0.9),
    );
    expect(results.length).toBeGreaterThan(5);
    const right = results.filter(
      ({ object, truth }) => object.rank === 1 && boxIou(object.pose.box, truth.box) > 0.8,
    );
    expect(right.length / results.length).toBeGreaterThanOrEqual(0.8);
  });

  it('does not find another class, or a class where nothing is', () => {
    const rng = sceneRandom(5, 'controls');
    const wrong = scenes(4, 'plain', 128).flatMap((scene, k) => {
      const others = blurred(scene, k).map(({ label, box }) => {
        const rest = classLabels.filter((name) => name !== label);
        return { label: rng.pick(rest), box };
      });
      const bare = renderScene(
        art,
        { ...planScene(9000 + k, { split: 'judge', pairs: 'any' }), objects: [] },
        { size: 128 },
      );
      const nothing = judge.judge(pictureOf(bare), blurred(scene, k));
      return [...judge.judge(pictureOf(scene), others).objects, ...nothing.objects];
    });
    expect(wrong.length).toBeGreaterThan(14);
    expect(wrong.filter(({ success }) => success)).toEqual([]);
  });

  it('knows the background behind the objects', () => {
    const all = scenes(6, 'plain', 128, 9300);
    const right = all.filter((scene) =>
      isBackground(judge.judge(pictureOf(scene), blurred(scene, 1)), scene.background),
    );
    expect(right.length).toBeGreaterThanOrEqual(5);
  });

  it('tells the colour asked for from another by the rule', () => {
    const base = planScene(3, { count: 1, background: 'beach' });
    const apple = classes.findIndex(({ label }) => label === 'apple');
    const box = [0.3, 0.3, 0.7, 0.72] as const;
    const object = { ...base.objects[0], index: apple, label: 'apple', colour: 'blue' as const, box };
    const picture = pictureOf(renderScene(art, { ...base, objects: [object] }, { size: 128 }));
    const [blue] = judge.judge(picture, [{ label: 'apple', colour: 'blue', box }]).objects;
    const [green] = judge.judge(picture, [{ label: 'apple', colour: 'green', box }]).objects;
    expect(blue).toMatchObject({ success: true, colourRight: true });
    expect(green).toMatchObject({ success: true, colourRight: false });
    expect(judge.judge(picture, [{ label: 'apple', box }]).objects[0].colourRight).toBeUndefined();
  });
});

describe('what the judge was not given', () => {
  it('raises hardly an alarm on real scenes, and finds most objects that are left out', () => {
    const all = scenes(4, 'plain', 128, 9100);
    const alarms = all.flatMap((scene, k) => judge.judge(pictureOf(scene), blurred(scene, k)).unasked);
    expect(alarms.length).toBeLessThanOrEqual(1);
    const base = planScene(4, { count: 1, background: 'meadow' });
    const found = classLabels.filter((label, index) => {
      if (index % 14 !== 0) return false;
      const object = {
        ...base.objects[0],
        index,
        label,
        colour: undefined,
        box: boxFor(classes[index].aspect),
      };
      const scene = renderScene(art, { ...base, objects: [object] }, { size: 128 });
      return judge.judge(pictureOf(scene), []).unasked.some(({ pose }) => pose.index === index);
    });
    expect(found.length).toBeGreaterThanOrEqual(4);
  });

  it('finds what a caption names anywhere, and not what is not there', () => {
    const all = scenes(5, 'plain', 128, 9200);
    const named = all.flatMap((scene) => judge.find(pictureOf(scene), scene.objects));
    expect(named.filter(Boolean).length / named.length).toBeGreaterThanOrEqual(0.8);
    const strangers = all.flatMap((scene, k) => {
      const here = new Set(scene.objects.map(({ label }) => label));
      const absent = classLabels.filter((label) => !here.has(label)).filter((_, i) => i % 37 === k);
      return judge.find(
        pictureOf(scene),
        absent.map((label) => ({ label })),
      );
    });
    expect(strangers.length).toBeGreaterThan(8);
    expect(strangers.filter(Boolean)).toEqual([]);
  });
});

/** A box of about a third of the side with a natural aspect. */
const boxFor = (aspect: number): Box => {
  const [width, height] = [0.3 * Math.sqrt(aspect), 0.3 / Math.sqrt(aspect)];
  return [0.5 - width / 2, 0.5 - height / 2, 0.5 + width / 2, 0.5 + height / 2];
};

describe('halves that look left and right', () => {
  it('are seen', () => {
    const base = planScene(3, { count: 1, background: 'studio' });
    const index = classes.findIndex(({ label }) => label === 'bird');
    const box = [0.25, 0.25, 0.75, 0.75] as const;
    const draw = (flip: boolean): Scene =>
      renderScene(
        art,
        { ...base, objects: [{ ...base.objects[0], index, label: 'bird', colour: undefined, box, flip }] },
        { size: 128 },
      );
    const [left, right] = [draw(false), draw(true)];
    const data = left.image.map((value, i) => (Math.floor(i / 3) % 128 < 64 ? value : right.image[i]));
    const asked = [{ label: 'bird', box }];
    expect(judge.judge({ width: 128, height: 128, data }, asked).objects[0].mixed).toBe(true);
    expect(judge.judge(pictureOf(left), asked).objects[0]).toMatchObject({ mixed: false, turns: true });
  });
});

describe('the judge', () => {
  it('finds nothing in a box far smaller than a pixel', () => {
    const picture = { width: 32, height: 32, data: new Uint8Array(3 * 32 * 32).fill(128) };
    const box = [0, 0, 1e-13, 1e-13] as const;
    expect(judge.judge(picture, [{ label: 'dog', box }]).objects[0]).toMatchObject({ present: false });
  });

  it('names wrong input', () => {
    const picture = { width: 64, height: 64, data: new Uint8Array(3 * 64 * 64) };
    const box = [0, 0, 0.5, 0.5] as const;
    expect(() => judge.judge(picture, [{ label: 'unicorn', box }])).toThrow('"unicorn"');
    expect(() => judge.judge(picture, [{ label: 'dog', box: [0.5, 0, 0.5, 1] }])).toThrow('objects[0].box');
    expect(() => judge.judge(picture, [{ label: 'dog', box: [Number.NaN, 0, 0.5, 1] }])).toThrow(
      'objects[0].box',
    );
    expect(() => judge.judge(picture, [{ label: 'dog', colour: 'mauve' as never, box }])).toThrow(
      'objects[0].colour: "mauve"',
    );
    expect(() => judge.judge({ ...picture, height: 32 }, [])).toThrow('image.data: holds');
    expect(() => judge.judge(picture, [{ label: 'dog' } as never])).toThrow('objects[0].box: must be a list');
    expect(() => judge.judge(picture, {} as never)).toThrow('objects: must be a list of objects');
    expect(() => judge.find({ ...picture, width: 0 }, [])).toThrow('image.width: must be a whole number');
    expect(() => judge.find(picture, 1 as never)).toThrow('named: must be a list of objects, not 1');
    expect(() => fitJudge(art, { examples: 0 })).toThrow('options.examples: must be a whole number');
    expect(() => fitJudge(art, { places: { names: [] } as never })).toThrow('options.places.paint');
    expect(() => fitJudge(art, { places: { names: [], paint: () => 1 } })).toThrow(
      'options.places.names: is empty',
    );
    expect(() => isBackground(judge.judge(picture, []), 'moon')).toThrow('background: "moon"');
  });
});
