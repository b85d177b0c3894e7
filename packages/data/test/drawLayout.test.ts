// Layouts drawn at random: where and how large their boxes are.

import { drawLayout, parseSpecification } from '@spatiallock/data';
import { describe, expect, it } from 'vitest';

const COUNT = 1500;

const drawn = (more: object, count = COUNT) => {
  const specification = parseSpecification({ count, classes: ['dog'], objects: [1, 1], ...more });
  return Array.from({ length: count }, (_, i) => drawLayout(specification, i));
};

/** Width and height of each layout's only box. */
const sidesOf = (layouts: ReturnType<typeof drawn>) =>
  layouts.map(({ objects: [{ box }] }) => [box[2] - box[0], box[3] - box[1]] as const);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const close = 1e-3;

describe('boxes', () => {
  it('have sizes evenly in their range', () => {
    const sides = sidesOf(drawn({ size: [0.2, 0.4], aspect: [1, 1] })).map(([w, h]) => Math.sqrt(w * h));
    expect(Math.min(...sides)).toBeGreaterThan(0.2 - close);
    expect(Math.min(...sides)).toBeLessThan(0.205);
    expect(Math.max(...sides)).toBeLessThan(0.4 + close);
    expect(Math.max(...sides)).toBeGreaterThan(0.395);
    expect(mean(sides)).toBeCloseTo(0.3, 2);
  });

  it('have aspects in their range, 1:2 as often as 2:1, and keep their area', () => {
    const sides = sidesOf(drawn({ size: [0.3, 0.3], aspect: [0.5, 2] }));
    const aspects = sides.map(([w, h]) => Math.log2(w / h));
    expect(Math.min(...aspects)).toBeGreaterThan(-1.01);
    expect(Math.max(...aspects)).toBeLessThan(1.01);
    expect(Math.max(...aspects) - Math.min(...aspects)).toBeGreaterThan(1.95);
    expect(Math.abs(mean(aspects))).toBeLessThan(0.06);
    for (const [w, h] of sides) expect(w * h).toBeCloseTo(0.09, 3);
  });

  it('wider than high where the aspect is above 1', () => {
    for (const [w, h] of sidesOf(drawn({ size: [0.3, 0.3], aspect: [4, 4] }, 20))) {
      expect(w).toBeCloseTo(0.6, 3);
      expect(h).toBeCloseTo(0.15, 3);
    }
  });

  it('are no wider and no higher than the picture', () => {
    for (const [w, h] of sidesOf(drawn({ size: [0.8, 0.8], aspect: [4, 4] }, 20))) {
      expect(w).toBe(1);
      expect(h).toBeCloseTo(0.4, 3);
    }
  });

  it('lie anywhere in the picture, along both sides', () => {
    const layouts = drawn({ size: [0.5, 0.5], aspect: [1, 1] });
    for (const axis of [0, 1] as const) {
      const places = layouts.map(({ objects: [{ box }] }) => box[axis]);
      expect(Math.min(...places)).toBeLessThan(0.01);
      expect(Math.max(...places)).toBeGreaterThan(0.49);
      expect(Math.max(...places)).toBeLessThanOrEqual(0.5);
      expect(mean(places)).toBeCloseTo(0.25, 1);
    }
    const along = layouts.map(({ objects: [{ box }] }) => (box[0] - 0.25) * (box[1] - 0.25));
    expect(Math.abs(mean(along))).toBeLessThan(0.003);
  });

  it('have four digits', () => {
    for (const { objects } of drawn({}, 50)) {
      for (const edge of objects[0]!.box)
        expect(Math.abs(edge * 1e4 - Math.round(edge * 1e4))).toBeLessThan(1e-9);
    }
  });

  it('are left out where there is no room for them', () => {
    const layouts = drawn({ objects: [3, 3], size: [0.9, 0.9], aspect: [1, 1], overlap: 0 }, 10);
    expect(layouts.map(({ objects }) => objects.length)).toEqual(layouts.map(() => 1));
    const loose = drawn({ objects: [3, 3], size: [0.9, 0.9], aspect: [1, 1], overlap: 1 }, 10);
    expect(loose.map(({ objects }) => objects.length)).toEqual(loose.map(() => 3));
  });
});

describe('numbers, phrases and captions', () => {
  it('each number of objects is as frequent as another', () => {
    const counts = drawn({ objects: [2, 4], size: [0.05, 0.1], overlap: 1 }).map(
      ({ objects }) => objects.length,
    );
    for (const count of [2, 3, 4]) {
      expect(counts.filter((each) => each === count).length / COUNT).toBeCloseTo(1 / 3, 1);
    }
  });

  it('the last class is drawn too, and one without a share never', () => {
    const labels = drawn({ classes: { dog: 1, never: 0, cat: 1 } }).map(({ objects }) => objects[0]!.label);
    expect(labels.filter((label) => label === 'cat').length / COUNT).toBeCloseTo(0.5, 1);
    expect(new Set(labels)).toEqual(new Set(['dog', 'cat']));
  });

  it('all phrases, captions and backgrounds are used', () => {
    const prompts = drawn(
      {
        classes: { dog: { phrases: ['a dog', 'a puppy'] } },
        captions: ['a photo of {objects} {background}', '{background}: {objects}'],
        backgrounds: ['', 'at night'],
      },
      400,
    ).map(({ prompt }) => prompt);
    const forms = ['a dog', 'a puppy'].flatMap((name) => [
      `a photo of ${name}`,
      `a photo of ${name} at night`,
      `: ${name}`,
      `at night: ${name}`,
    ]);
    expect(new Set(prompts)).toEqual(new Set(forms));
  });

  it('objects are listed in their order', () => {
    const seen = drawn({ classes: ['dog', 'cat'], objects: [1, 3], size: [0.1, 0.1], overlap: 1 }, 60);
    for (const { prompt, objects } of seen) {
      const [first, second, third] = objects.map(({ phrase }) => phrase);
      const listed = third ? `${first}, ${second} and ${third}` : second ? `${first} and ${second}` : first;
      expect(prompt).toBe(listed);
    }
    expect(new Set(seen.map(({ objects }) => objects.length)).size).toBe(3);
  });

  it('are the same in every version: people keep specifications, not layouts', () => {
    const [, , third] = drawn({ seed: 3, classes: ['dog', 'cat'], objects: [1, 3] }, 3);
    expect(third!.prompt).toBe('a cat, a dog and a dog');
    expect(third!.objects.map(({ box }) => box)).toEqual([
      [0.2297, 0.4918, 0.5802, 0.8972],
      [0.5598, 0.2125, 0.9582, 0.7352],
      [0.1383, 0.1554, 0.6524, 0.5714],
    ]);
  });

  it('another seed and another index give another layout', () => {
    const [a, b] = [drawn({ seed: 1 }, 3), drawn({ seed: 2 }, 3)];
    const boxes = [...a, ...b].map(({ objects }) => objects[0]!.box.join());
    expect(new Set(boxes).size).toBe(6);
  });
});

it('says how many objects found no room', () => {
  const [crowded] = drawn({ objects: [4, 4], size: [0.8, 0.9], overlap: 0 }, 1);
  expect([crowded!.objects.length, crowded!.withoutRoom]).toEqual([1, 3]);
  expect(drawn({}, 1)[0]!.withoutRoom).toBe(0);
});

it('shows a background alone where it draws no object', () => {
  const captions = ['a photo of {objects} {background}'];
  const layouts = drawn({ captions, backgrounds: ['on a beach'], objects: [0, 1] }, 40);
  const prompts = new Set(layouts.map(({ prompt, objects }) => `${objects.length}: ${prompt}`));
  expect([...prompts].sort()).toEqual(['0: on a beach', '1: a photo of a dog on a beach']);
  expect(drawn({ objects: [0, 0] }, 1)).toEqual([{ prompt: '', objects: [], withoutRoom: 0 }]);
});

it('fills every placeholder of a caption', () => {
  const captions = ['{objects}: {objects} {background} and {background}'];
  const [layout] = drawn({ captions, backgrounds: ['by $& night'] }, 1);
  expect(layout!.prompt).toBe('a dog: a dog by $& night and by $& night');
});
