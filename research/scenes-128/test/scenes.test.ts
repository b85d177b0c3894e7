import { createHash } from 'node:crypto';
import { iou as boxIou } from '@spatiallock/core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Art,
  classes,
  composeScene,
  limits,
  loadArt,
  planScene,
  renderBatch,
  renderScene,
  type ScenePlan,
  spreads,
} from '../src/index.js';
import { shapes } from '../src/shape.js';

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

  it.each(['plain', 'wide'] as const)('keeps to the limits of %s scenes', (variety) => {
    const { minSide, minStretch, maxStretch } = spreads[variety];
    for (const plan of seeds(1500).map((seed) => planScene(seed, { variety }))) {
      expect(plan.objects.length).toBeGreaterThanOrEqual(1);
      expect(plan.objects.length).toBeLessThanOrEqual(limits.maxObjects);
      for (const [i, object] of plan.objects.entries()) {
        const [x0, y0, x1, y1] = object.box;
        expect(Math.min(x0, y0)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x1, y1)).toBeLessThanOrEqual(1);
        const side = Math.sqrt((x1 - x0) * (y1 - y0));
        expect(side).toBeGreaterThanOrEqual(minSide - 1e-9);
        expect(side).toBeLessThanOrEqual(limits.maxSide + 1e-9);
        const stretch = (x1 - x0) / (y1 - y0) / shapes[object.index].aspect;
        expect(stretch).toBeGreaterThanOrEqual(minStretch - 1e-9);
        expect(stretch).toBeLessThanOrEqual(maxStretch + 1e-9);
        expect(object.visible).toBeGreaterThanOrEqual(limits.minVisible);
        for (const other of plan.objects.slice(i + 1)) {
          expect(boxIou(object.box, other.box)).toBeLessThanOrEqual(limits.maxIou);
        }
      }
    }
  });

  it('draws wide scenes with objects that are small, beyond 2:1 and crowded, and mixes them in by turns', () => {
    const plans = seeds(1000).map((seed) => planScene(seed, { variety: 'wide' }));
    const boxes = plans.flatMap(({ objects }) => objects.map(({ box }) => box));
    const share = (keep: (width: number, height: number) => boolean): number =>
      boxes.filter(([x0, y0, x1, y1]) => keep(x1 - x0, y1 - y0)).length / boxes.length;
    expect(share((width, height) => width * height < 0.02)).toBeGreaterThan(0.1);
    expect(share((width, height) => Math.max(width / height, height / width) > 2)).toBeGreaterThan(0.1);
    expect(plans.filter(({ objects }) => objects.length >= 5).length).toBeGreaterThan(200);
    expect(planScene(6, { variety: 'mixed' })).toEqual(planScene(6));
    expect(planScene(7, { variety: 'mixed' })).toEqual(planScene(7, { variety: 'wide' }));
    expect(() => planScene(7, { variety: 'odd' as never })).toThrow('variety: "odd" is unknown');
  });

  it('shows every class, flips both ways, every count, and now and then a class twice', () => {
    const plans = seeds(2000).map((seed) => planScene(seed));
    const objects = plans.flatMap((plan) => plan.objects);
    expect(new Set(objects.map((object) => object.label)).size).toBe(classes.length);
    expect(new Set(plans.map((plan) => plan.objects.length)).size).toBe(limits.maxObjects);
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
    expect(() => planScene(3, { count: 7 })).toThrow('count: 7 must be an integer in 1..6');
    expect(() => planScene(-1)).toThrow('seed: -1');
    expect(() => planScene(1.5)).toThrow('seed: 1.5');
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
      const scene = composeScene(art, seed, { count: 4 });
      const plan = planScene(seed, { count: 4 });
      for (const [i, object] of scene.objects.entries()) {
        const alone = renderScene(art, { ...plan, objects: [plan.objects[i]] }).objects[0].area;
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
    const [a] = renderScene(art, plan, { masks: true }).masks ?? [];
    const [b] = renderScene(art, { ...plan, objects: [mirrored] }, { masks: true }).masks ?? [];
    const worst = a.reduce((most, alpha, i) => {
      const across = Math.floor(i / 128) * 128 + (127 - (i % 128));
      return Math.max(most, Math.abs(alpha - b[across]));
    }, 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('draws other sizes of the same scene', () => {
    const scene = composeScene(art, 4, { size: 64 });
    expect(scene.image.length).toBe(64 * 64 * 3);
    expect(scene.caption).toBe(composeScene(art, 4).caption);
  });
});
