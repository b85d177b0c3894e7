import { describe, expect, it } from 'vitest';
import {
  backgroundNames,
  classLabels,
  heldOutLayout,
  heldOutPairs,
  planScene,
  sceneRandom,
} from '../src/index.js';

const seeds = Array.from({ length: 3000 }, (_, i) => i);
const held = new Set(heldOutPairs.map(([label, background]) => `${label}|${background}`));
const pairsOf = (plan: ReturnType<typeof planScene>): string[] =>
  plan.objects.map(({ label }) => `${label}|${plan.background}`);

describe('splits', () => {
  it('holds out one background for every class, eight classes for every background', () => {
    expect(held.size).toBe(classLabels.length);
    for (const name of backgroundNames) {
      expect(heldOutPairs.filter(([, background]) => background === name)).toHaveLength(8);
    }
  });

  it('never shows a held-out pair in training', () => {
    const shown = new Set(seeds.flatMap((seed) => pairsOf(planScene(seed))));
    expect([...shown].filter((pair) => held.has(pair))).toEqual([]);
    expect(shown.size).toBe(64 * 8 - 64);
    expect(() => planScene(1, { pairs: 'unseen' })).toThrow(/pairs: training/);
  });

  it('shows only held-out pairs when asked for unseen ones, and all of them', () => {
    const plans = seeds.map((seed) => planScene(seed, { split: 'heldout', pairs: 'unseen' }));
    const shown = new Set(plans.flatMap(pairsOf));
    expect([...shown].every((pair) => held.has(pair))).toBe(true);
    expect(shown.size).toBe(64);
  });

  it('draws the splits from different streams', () => {
    const splits = ['train', 'judge', 'heldout'] as const;
    const boxes = splits.flatMap((split) =>
      seeds.map((seed) => JSON.stringify(planScene(seed, { split }).objects.map((object) => object.box))),
    );
    expect(new Set(boxes).size).toBe(splits.length * seeds.length);
  });

  it('lets a judge see every pair', () => {
    const plans = seeds.map((seed) => planScene(seed, { split: 'judge', pairs: 'any' }));
    expect(new Set(plans.flatMap(pairsOf)).size).toBe(64 * 8);
  });

  it('makes layouts of held-out scenes', () => {
    const plan = planScene(9, { split: 'heldout' });
    const layout = heldOutLayout(9);
    expect(layout.prompt).toBe(plan.caption);
    expect(layout.objects).toEqual(plan.objects.map(({ phrase, label, box }) => ({ phrase, label, box })));
  });
});

describe('random', () => {
  it('is uniform enough and differs between seeds and streams', () => {
    const rng = sceneRandom(1, 'test');
    const values = Array.from({ length: 20000 }, () => rng.uniform());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    const firsts = new Set(
      seeds.flatMap((seed) => [sceneRandom(seed, 'a').bits(), sceneRandom(seed, 'b').bits()]),
    );
    expect(firsts.size).toBeGreaterThan(2 * seeds.length - 5);
    expect(sceneRandom(2 ** 32, 'a').bits()).not.toBe(sceneRandom(0, 'a').bits());
  });

  it('draws normal numbers of the asked mean and standard deviation, and shuffles all elements', () => {
    const rng = sceneRandom(2, 'test');
    const values = Array.from({ length: 20000 }, () => rng.normal(3, 2));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - 3)).toBeLessThan(0.06);
    expect(Math.abs(Math.sqrt(variance) - 2)).toBeLessThan(0.06);
    expect(rng.shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(() => rng.pick([])).toThrow('empty');
  });
});
