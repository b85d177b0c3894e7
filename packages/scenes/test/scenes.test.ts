import { createHash } from 'node:crypto';
import { iou as boxIou } from '@spatiallock/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCanvas } from '../src/canvas.js';
import {
  type Art,
  backgroundNames,
  classes,
  composeScene,
  limits,
  loadArt,
  paintBackground,
  planScene,
  renderBatch,
  renderScene,
  type ScenePlan,
  spreads,
} from '../src/index.js';
import { boxInside } from '../src/shape.js';

let art: Art;
beforeAll(async () => {
  art = await loadArt();
});

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const seeds = (count: number, start = 0): number[] => Array.from({ length: count }, (_, i) => start + i);

describe('planning', () => {
  it('gives the same plan for the same seed and other plans for other seeds', () => {
    expect(planScene(7)).toEqual(planScene(7));
    const texts = seeds(500).map((seed) => JSON.stringify({ ...planScene(seed), seed: 0 }));
    expect(new Set(texts).size).toBe(500);
  });

  it.each(['plain', 'wide', 'crowded'] as const)('keeps to the limits of %s scenes', (variety) => {
    const { minSide, minStretch, maxStretch, maxIou, maxInside, minVisible, countWeights } = spreads[variety];
    expect(countWeights.length).toBeLessThanOrEqual(limits.maxObjects);
    expect(maxIou).toBeLessThanOrEqual(limits.maxIou);
    expect(maxInside).toBeLessThanOrEqual(limits.maxInside);
    expect(minVisible).toBeGreaterThanOrEqual(limits.minVisible);
    for (const plan of seeds(1200).map((seed) => planScene(seed, { variety }))) {
      expect(plan.objects.length).toBeGreaterThanOrEqual(1);
      expect(plan.objects.length).toBeLessThanOrEqual(countWeights.length);
      for (const [i, object] of plan.objects.entries()) {
        const [x0, y0, x1, y1] = object.box;
        expect(Math.min(x0, y0)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x1, y1)).toBeLessThanOrEqual(1);
        const side = Math.sqrt((x1 - x0) * (y1 - y0));
        expect(side).toBeGreaterThanOrEqual(minSide - 1e-9);
        expect(side).toBeLessThanOrEqual(limits.maxSide + 1e-9);
        const stretch = (x1 - x0) / (y1 - y0) / classes[object.index].aspect;
        expect(stretch).toBeGreaterThanOrEqual(minStretch - 1e-9);
        expect(stretch).toBeLessThanOrEqual(maxStretch + 1e-9);
        expect(object.visible).toBeGreaterThanOrEqual(minVisible);
        for (const other of plan.objects.slice(i + 1)) {
          expect(boxIou(object.box, other.box)).toBeLessThanOrEqual(maxIou);
          expect(boxInside(object.box, other.box)).toBeLessThanOrEqual(maxInside);
        }
      }
    }
  });

  it('draws wide scenes with objects that are small, beyond 2:1 and many', () => {
    const plans = seeds(1000).map((seed) => planScene(seed, { variety: 'wide' }));
    const boxes = plans.flatMap(({ objects }) => objects.map(({ box }) => box));
    const share = (keep: (width: number, height: number) => boolean): number =>
      boxes.filter(([x0, y0, x1, y1]) => keep(x1 - x0, y1 - y0)).length / boxes.length;
    expect(share((width, height) => width * height < 0.02)).toBeGreaterThan(0.1);
    expect(share((width, height) => Math.max(width / height, height / width) > 2)).toBeGreaterThan(0.1);
    expect(plans.filter(({ objects }) => objects.length >= 5).length).toBeGreaterThan(200);
  });

  it('draws crowded scenes with objects that hide each other, up to eight, and twins side by side', () => {
    const plans = seeds(1000).map((seed) => planScene(seed, { variety: 'crowded' }));
    const pairs = plans.flatMap(({ objects }) =>
      objects.flatMap((a, i) => objects.slice(i + 1).map((b) => ({ a, b, iou: boxIou(a.box, b.box) }))),
    );
    const share = (keep: (pair: (typeof pairs)[number]) => boolean): number =>
      pairs.filter(keep).length / pairs.length;
    expect(share(({ iou }) => iou > 0.1)).toBeGreaterThan(0.05);
    expect(Math.max(...pairs.map(({ iou }) => iou))).toBeGreaterThan(0.5);
    expect(Math.min(...plans.flatMap(({ objects }) => objects.map(({ visible }) => visible)))).toBeLessThan(
      0.4,
    );
    expect(plans.some(({ objects }) => objects.length === 8)).toBe(true);
    const twins = pairs.filter(
      ({ a, b }) =>
        a.index === b.index &&
        Math.abs(a.box[1] - b.box[1]) < 0.08 &&
        Math.abs(Math.abs(a.box[0] - b.box[0]) - (a.box[2] - a.box[0])) < 0.1,
    );
    expect(twins.length).toBeGreaterThan(100);
  });

  it('mixes the varieties by turns and names an unknown one', () => {
    expect(planScene(6, { variety: 'mixed' })).toEqual(planScene(6));
    expect(planScene(7, { variety: 'mixed' })).toEqual(planScene(7, { variety: 'wide' }));
    expect(planScene(8, { variety: 'mixed' })).toEqual(planScene(8, { variety: 'crowded' }));
    expect(() => planScene(7, { variety: 'odd' as never })).toThrow('variety: "odd" is unknown');
  });

  it('shows every class, flips both ways, every count, and now and then a class twice', () => {
    const plans = seeds(2000).map((seed) => planScene(seed));
    const objects = plans.flatMap((plan) => plan.objects);
    expect(new Set(objects.map((object) => object.label)).size).toBe(classes.length);
    expect(new Set(plans.map((plan) => plan.objects.length)).size).toBe(spreads.plain.countWeights.length);
    const flipped = objects.filter((object) => object.flip).length / objects.length;
    expect(flipped).toBeGreaterThan(0.45);
    expect(flipped).toBeLessThan(0.55);
    const twice = plans.filter(
      (plan) => new Set(plan.objects.map((o) => o.label)).size < plan.objects.length,
    );
    expect(twice.length).toBeGreaterThan(20);
    expect(twice.length).toBeLessThan(500);
  });

  it('takes a count and a background, and names what is wrong with them', () => {
    for (const seed of seeds(50))
      expect(planScene(seed, { count: 6 }).objects.length).toBeGreaterThanOrEqual(4);
    expect(planScene(3, { background: 'beach' }).background).toBe('beach');
    expect(() => planScene(3, { background: 'moon' })).toThrow(/background: "moon".*beach/);
    expect(() => planScene(3, { count: 9 })).toThrow('count: 9 must be an integer in 1..8');
    expect(() => planScene(-1)).toThrow('seed: -1');
    expect(() => planScene(1.5)).toThrow('seed: 1.5');
    expect(() => planScene(-1, { variety: 'mixed' })).toThrow('seed: -1');
    expect(() => planScene(1, 'wide' as never)).toThrow('options: must be an object, not "wide"');
    expect(() => planScene(1, { split: 'test' as never })).toThrow(
      'split: must be one of train, judge, heldout',
    );
  });
});

describe('rendering', () => {
  it('gives the same bytes for the same seed, alone and in a batch', () => {
    const scene = composeScene(art, 11);
    expect(hash(composeScene(art, 11).image)).toBe(hash(scene.image));
    const { images, plans } = renderBatch(art, [10, 11, 12]);
    const length = 3 * scene.width * scene.height;
    expect(hash(images.slice(length, 2 * length))).toBe(hash(scene.image));
    expect(hash(images.slice(0, length))).not.toBe(hash(scene.image));
    expect(plans[1]).toEqual(planScene(11));
  });

  it('draws every class exactly into its box', () => {
    const size = 128;
    for (const { index, label } of classes) {
      const base = planScene(index, { count: 1 });
      const plan: ScenePlan = { ...base, objects: [{ ...base.objects[0], index, label }] };
      const { masks = [] } = renderScene(art, plan, { size, masks: true });
      const box = [size, size, 0, 0];
      masks[0].forEach((alpha, i) => {
        if (alpha < 64) return;
        const [x, y] = [i % size, Math.floor(i / size)];
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x + 1);
        box[3] = Math.max(box[3], y + 1);
      });
      for (const [k, edge] of plan.objects[0].box.entries()) {
        expect(Math.abs(box[k] - edge * size), `${label}, edge ${k}`).toBeLessThanOrEqual(1.5);
      }
    }
  });

  it('records what the pixels show: visible fractions agree with the masks', () => {
    for (const seed of seeds(40)) {
      const scene = composeScene(art, seed, { count: 4, size: 128 });
      const plan = planScene(seed, { count: 4 });
      for (const [i, object] of scene.objects.entries()) {
        const alone = renderScene(art, { ...plan, objects: [plan.objects[i]] }, { size: 128 }).objects[0]
          .area;
        expect(Math.abs(object.area / alone - object.visible), `seed ${seed}, ${object.label}`).toBeLessThan(
          0.06,
        );
      }
    }
  });

  it('mirrors the picture when flipped', () => {
    const plan = planScene(5, { count: 1, background: 'studio' });
    const [object] = plan.objects;
    const [x0, y0, x1, y1] = object.box;
    const mirrored = { ...object, box: [1 - x1, y0, 1 - x0, y1] as const, flip: !object.flip };
    const options = { masks: true, size: 128 };
    const [a] = renderScene(art, plan, options).masks ?? [];
    const [b] = renderScene(art, { ...plan, objects: [mirrored] }, options).masks ?? [];
    const worst = a.reduce((most, alpha, i) => {
      const across = Math.floor(i / 128) * 128 + (127 - (i % 128));
      return Math.max(most, Math.abs(alpha - b[across]));
    }, 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('draws other sizes of the same scene', () => {
    const scene = composeScene(art, 4, { size: 64 });
    expect(scene.image.length).toBe(64 * 64 * 3);
    expect(composeScene(art, 4).image.length).toBe(256 * 256 * 3);
    expect(scene.caption).toBe(composeScene(art, 4).caption);
    expect(composeScene(art, 4, { size: 33 }).image.length).toBe(33 * 33 * 3);
    for (const size of [0, 128.5, 20_000]) {
      expect(() => composeScene(art, 4, { size })).toThrow('size: must be a whole number in 1..16384');
      expect(() => renderBatch(art, [4], { size })).toThrow('size: must be a whole number in 1..16384');
    }
  });

  it('names what is wrong with art, seeds and plans', () => {
    expect(() => composeScene({} as never, 1)).toThrow(
      'art.sprites: must be a list of sprites, as loadArt()',
    );
    expect(() => renderScene(art, {} as never)).toThrow('plan.objects: must be a list of objects');
    expect(() => renderScene({} as never, planScene(1))).toThrow('art.sprites: must be a list');
    expect(() => renderScene(art, planScene(1), 1 as never)).toThrow('options: must be an object, not 1');
    expect(() => renderBatch(art, 1 as never)).toThrow('seeds: must be a list of seeds, not 1');
    expect(() => renderBatch(art, [1], null as never)).toThrow('options: must be an object, not null');
  });

  it('paints every background, differently for each seed, with a ground where objects stand', () => {
    for (const name of backgroundNames) {
      const pictures = seeds(12).map((seed) => {
        const canvas = createCanvas(64, 64);
        const ground = paintBackground(canvas, name, seed);
        expect(ground, name).toBeGreaterThan(0.3);
        expect(canvas.data.every((value) => value > -0.5 && value < 255.5)).toBe(true);
        return hash(Uint8Array.from(canvas.data));
      });
      expect(new Set(pictures).size).toBe(12);
    }
  });

  it('casts shadows on the ground alone', () => {
    const plan = planScene(5, { count: 1, background: 'studio' });
    const [object] = plan.objects;
    const under = (y1: number): number => {
      const box = [0.4, y1 - 0.2, 0.6, y1] as const;
      const { image } = renderScene(art, { ...plan, objects: [{ ...object, box }] });
      const bare = renderScene(art, { ...plan, objects: [] });
      const at = 3 * (Math.floor((y1 + 0.006) * 256) * 256 + 128);
      return bare.image[at] - image[at];
    };
    expect(under(0.9)).toBeGreaterThan(8);
    expect(under(0.4)).toBe(0);
  });
});
