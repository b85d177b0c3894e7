import { iou as boxIou } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import {
  backgroundNames,
  classes,
  classLabels,
  classOf,
  colours,
  coloursFor,
  heldOutColours,
  heldOutLayout,
  heldOutPairs,
  isHeldOutOverlap,
  naturalColours,
  planScene,
} from '../src/index.js';

const seeds = Array.from({ length: 3000 }, (_, i) => i);
const held = new Set(heldOutPairs.map(([label, background]) => `${label}|${background}`));
const pairsOf = (plan: ReturnType<typeof planScene>): string[] =>
  plan.objects.map(({ label }) => `${label}|${plan.background}`);

const varied = (options: Parameters<typeof planScene>[1]): ReturnType<typeof planScene>[] =>
  seeds.map((seed) => planScene(seed, { variety: 'mixed', ...options }));

describe('splits', () => {
  it('holds out one background for every class, seven classes for every background', () => {
    expect(held.size).toBe(classLabels.length);
    for (const name of backgroundNames) {
      expect(heldOutPairs.filter(([, background]) => background === name)).toHaveLength(7);
    }
  });

  it('never shows a held-out pair in training', () => {
    const shown = new Set(varied({}).flatMap(pairsOf));
    expect([...shown].filter((pair) => held.has(pair))).toEqual([]);
    expect(shown.size).toBeGreaterThan(0.99 * (112 * 16 - 112));
    expect(() => planScene(1, { pairs: 'unseen' })).toThrow(/pairs: training/);
    expect(() => planScene(1, { pairs: { colour: 'any' } })).toThrow(/pairs: training/);
    expect(() => planScene(1, { split: 'judge', pairs: 'all' as never })).toThrow(/pairs: "all"/);
    expect(() => planScene(1, { split: 'heldout', pairs: { color: 'unseen' } as never })).toThrow(
      'pairs: "color" is not known; did you mean colour?',
    );
    expect(() => planScene(1, { split: 'judge', pairs: 1 as never })).toThrow(
      'pairs: must be an object, not 1',
    );
    expect(() => coloursFor(112, 'any')).toThrow('classIndex: must be a whole number in 0..111, not 112');
  });

  it('shows only held-out pairs when asked for unseen ones, and all of them', () => {
    const shown = new Set(varied({ split: 'heldout', pairs: { background: 'unseen' } }).flatMap(pairsOf));
    expect([...shown].every((pair) => held.has(pair))).toBe(true);
    expect(shown.size).toBe(112);
  });

  it('holds out a colour of nearly every class, never the natural one', () => {
    const heldColours = new Set(heldOutColours.map((pair) => pair.join('|')));
    expect(heldColours.size).toBeGreaterThan(105);
    expect(new Set(heldOutColours.map(([, colour]) => colour)).size).toBe(colours.length);
    for (const [label, colour] of heldOutColours)
      expect(naturalColours[classOf(label).index]).not.toBe(colour);
    const worn = (plans: ReturnType<typeof planScene>[]): string[] =>
      plans.flatMap(({ objects }) =>
        objects.flatMap(({ label, colour }) => (colour ? [`${label}|${colour}`] : [])),
      );
    expect(worn(varied({})).filter((pair) => heldColours.has(pair))).toEqual([]);
    const unseen = worn(varied({ split: 'heldout', pairs: { colour: 'unseen' } }));
    expect(unseen.length).toBeGreaterThan(1000);
    expect(unseen.every((pair) => heldColours.has(pair))).toBe(true);
    const any = worn(varied({ split: 'judge', pairs: 'any' }));
    const share = any.filter((pair) => heldColours.has(pair)).length / any.length;
    expect(share).toBeGreaterThan(0.05);
  });

  it('holds out overlaps of classes, one pair of eight', () => {
    const pairs = classes.flatMap((a) => classes.slice(a.index + 1).map((b) => [a.index, b.index] as const));
    const share = pairs.filter(([a, b]) => isHeldOutOverlap(a, b)).length / pairs.length;
    expect(share).toBeGreaterThan(0.11);
    expect(share).toBeLessThan(0.14);
    const overlaps = (plans: ReturnType<typeof planScene>[]): boolean[] =>
      plans.flatMap(({ objects }) =>
        objects.flatMap((a, i) =>
          objects
            .slice(i + 1)
            .filter((b) => boxIou(a.box, b.box) > 0.02)
            .map((b) => isHeldOutOverlap(a.index, b.index)),
        ),
      );
    const train = overlaps(varied({ variety: 'crowded' }));
    expect(train.length).toBeGreaterThan(1000);
    expect(train.filter(Boolean)).toEqual([]);
    const unseen = overlaps(varied({ split: 'heldout', variety: 'crowded', pairs: { overlap: 'unseen' } }));
    expect(unseen.length).toBeGreaterThan(300);
    expect(unseen.every(Boolean)).toBe(true);
  });

  it('draws the splits from different streams', () => {
    const splits = ['train', 'judge', 'heldout'] as const;
    const boxes = splits.flatMap((split) =>
      seeds.map((seed) => JSON.stringify(planScene(seed, { split }).objects.map((object) => object.box))),
    );
    expect(new Set(boxes).size).toBe(splits.length * seeds.length);
  });

  it('lets a judge see every pair', () => {
    const plans = seeds.map((seed) => planScene(seed, { split: 'judge', pairs: 'any', variety: 'crowded' }));
    expect(new Set(plans.flatMap(pairsOf)).size).toBeGreaterThan(0.98 * 112 * 16);
  });

  it('makes layouts of held-out scenes', () => {
    const plan = planScene(9, { split: 'heldout' });
    const layout = heldOutLayout(9);
    expect(layout.prompt).toBe(plan.caption);
    const rest = plan.objects.map(({ index, flip, visible, ...asked }) => asked);
    expect(layout.objects).toEqual(rest);
    expect(seeds.slice(0, 20).some((seed) => heldOutLayout(seed).objects.some(({ colour }) => colour))).toBe(
      true,
    );
  });
});
