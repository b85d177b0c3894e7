// Several judges of the same pictures, and what is measured beyond places.

import type { Detection, RgbImage } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import {
  captionsAlone,
  type EvaluatedLayout,
  evaluateScenes,
  figuresOf,
  type Generator,
  matchAsked,
  type NamedEvaluator,
  seedVariety,
  traitsOf,
  varietyOfScene,
} from '../src/index.js';

const { signal } = new AbortController();
const half = [0, 0, 0.5, 1] as const;
const scene: EvaluatedLayout = {
  layout: { prompt: 'a red apple', objects: [{ phrase: 'a red apple', box: half }] },
  labels: ['apple'],
};
const picture = ([red, green, blue]: readonly number[]): RgbImage => ({
  ...{ width: 4, height: 4, channels: 3 },
  data: Uint8ClampedArray.from({ length: 48 }, (_, i) => [red!, green!, blue!][i % 3]!),
});
const red = picture([250, 5, 5]);

/** Paints one plain picture for each row: as bright as its seed is large. */
const painted: number[] = [];
const pipe: Generator = {
  async *stream(layouts, { seed = 0 } = {}) {
    const rows = [layouts].flat();
    painted.push(rows.flatMap(({ objects = [] }) => objects).length);
    const images = rows.map((_, row) => picture([seed + row, seed + row, seed + row]));
    const latents = { data: new Float32Array(0), shape: [0], dtype: 'float32' as const };
    const preview = async () => images[0]!;
    yield { stepIndex: 0, calls: 1, timestep: 0, milliseconds: 1, latents, preview, images };
  },
};
const sees = (name: string, ...detections: Detection[]): NamedEvaluator => ({
  name,
  detectMany: async (images) => images.map(() => detections),
});
const apple: Detection = { label: 'apple', score: 0.9, box: half };
const stray: Detection = { label: 'dog', score: 0.8, box: [0.6, 0.6, 1, 1] };

describe('layouts of several sizes', () => {
  const sized: Generator = {
    async *stream(layouts) {
      const images = [layouts].flat().map(({ width = 4, height = 4 }): RgbImage => {
        return { width, height, channels: 3, data: new Uint8ClampedArray(3 * width * height) };
      });
      const latents = { data: new Float32Array(0), shape: [0], dtype: 'float32' as const };
      yield {
        ...{ stepIndex: 0, calls: 1, timestep: 0, milliseconds: 1, latents, images },
        preview: async () => images[0]!,
      };
    },
  };
  const layoutOf = (width: number, height: number): EvaluatedLayout => ({
    ...{ layout: { ...scene.layout, width, height }, labels: scene.labels },
  });
  const scenes = [layoutOf(8, 4), layoutOf(4, 8), layoutOf(8, 4)];

  it('have real pictures of their sizes, in evaluations and beside captions', async () => {
    const asked: unknown[] = [];
    const realPictures = async (
      some: readonly EvaluatedLayout[],
      size: { width: number; height: number },
    ) => {
      asked.push([some.map((each) => scenes.indexOf(each)), size]);
      return some.map(() => ({ ...red, ...size, data: new Uint8ClampedArray(3 * size.width * size.height) }));
    };
    const options = { ...{ pipe: sized, scenes, realPictures, seed: 1, batch: 8, signal } };
    const { pictures } = await evaluateScenes({ ...options, evaluator: sees('', apple) });
    expect(pictures.map(({ image, real }) => [real!.image.width, image.width])).toEqual([
      [8, 8],
      [4, 4],
      [8, 8],
    ]);
    await captionsAlone({ ...options, judges: [sees('one', apple)] });
    const once = [
      [[0, 2], { width: 8, height: 4 }],
      [[1], { width: 4, height: 8 }],
    ];
    expect(asked).toEqual([...once, ...once]);
    const none = evaluateScenes({ ...options, evaluator: sees('', apple), realPictures: async () => [] });
    await expect(none).rejects.toThrow('realPictures: gave 0 pictures of 2 scenes; give one for each');
  });
});

describe('several judges', () => {
  it('give figures side by side, of generated and of real pictures', async () => {
    const examining: NamedEvaluator = {
      ...sees('close'),
      examine: async (image) => ({
        detections: [apple, stray],
        objects: [{ first: true }],
        picture: { bright: image.data[0]! },
      }),
    };
    const report = await evaluateScenes({
      ...{ pipe, evaluator: sees('', apple), others: [examining, sees('blind')], scenes: [scene, scene] },
      ...{ seed: 10, batch: 2, signal },
      realPictures: async (some) => some.map(() => red),
    });
    expect(report.generated).toMatchObject({ meanIoU: 1, unaskedPer100: 0, measures: {} });
    const { close, blind } = report.others!;
    expect(close!.generated).toMatchObject({
      ...{ meanIoU: 1, unaskedPer100: 100 },
      measures: { first: { count: 2, mean: 1 }, bright: { count: 2, mean: 10.5 } },
    });
    expect(close!.real!.measures.bright).toEqual({ count: 2, mean: 250 });
    expect(blind!.generated.meanIoU).toBe(0);
    expect(report.pictures[1]!.others).toEqual({ close: [apple, stray], blind: [] });
  });

  it('refuses measures of another number of objects, and numbers that are none', async () => {
    const judge = (objects: readonly Record<string, number>[]): NamedEvaluator => ({
      ...sees('odd'),
      examine: async () => ({ detections: [], objects, picture: {} }),
    });
    const run = (other: NamedEvaluator) =>
      evaluateScenes({
        ...{ pipe, evaluator: sees(''), others: [other], scenes: [scene] },
        ...{ seed: 1, batch: 1, signal },
      });
    await expect(run(judge([]))).rejects.toThrow(
      'judge odd: examine gave measures of 0 objects, asked were 1',
    );
    await expect(run(judge([{ gain: Number.NaN }]))).rejects.toThrow(
      'measures.gain: NaN is not a finite number',
    );
  });

  it('refuses judges that do not answer for each picture', async () => {
    const run = (other: object) =>
      evaluateScenes({
        ...{ pipe, evaluator: sees(''), others: [{ ...sees('odd'), ...other }], scenes: [scene, scene] },
        ...{ seed: 1, batch: 2, signal },
      });
    const detects = (answer: unknown) => run({ detectMany: async () => answer });
    await expect(detects([[apple]])).rejects.toThrow(
      'judge odd: detectMany gave detections of 1 pictures, given were 2',
    );
    await expect(detects([[apple], [], []])).rejects.toThrow('detections of 3 pictures, given were 2');
    await expect(detects(undefined)).rejects.toThrow('judge odd: detectMany: must be a list');
    await expect(detects([[], undefined])).rejects.toThrow('judge odd: detectMany[1]: must be a list');
    const examines = (answer: unknown) => run({ examine: async () => answer });
    await expect(examines({ detections: [], objects: [{}] })).rejects.toThrow(
      'judge odd: examine.picture: must be an object',
    );
    await expect(examines({ objects: [{}], picture: {} })).rejects.toThrow('judge odd: examine.detections');
    const found = captionsAlone({
      ...{ pipe, judges: [{ ...sees('odd'), find: async () => undefined as never }], scenes: [scene] },
      ...{ seed: 1, batch: 1, signal },
    });
    await expect(found).rejects.toThrow('judge odd: find: must be a list of detections');
  });

  it('have names of their own, and something to look for, before anything is painted', async () => {
    const before = painted.length;
    const options = { pipe, seed: 1, batch: 1, signal };
    const twins = [sees('one'), sees('one')];
    const message = 'two judges are called "one"; give each a name of its own';
    await expect(
      evaluateScenes({ ...options, evaluator: sees(''), others: twins, scenes: [scene] }),
    ).rejects.toThrow(`options.others: ${message}`);
    await expect(captionsAlone({ ...options, judges: twins, scenes: [scene] })).rejects.toThrow(message);
    await expect(seedVariety({ ...options, judges: twins, scenes: [scene], seeds: 2 })).rejects.toThrow(
      message,
    );
    const nameless = [{ detectMany: sees('').detectMany } as NamedEvaluator];
    await expect(captionsAlone({ ...options, judges: nameless, scenes: [scene] })).rejects.toThrow(
      'options.judges[0].name: must be text',
    );
    const empty = [{ layout: { prompt: 'on a beach', objects: [] }, labels: [] }];
    const nothing = 'options.scenes: none asks for an object';
    await expect(evaluateScenes({ ...options, evaluator: sees(''), scenes: empty })).rejects.toThrow(nothing);
    await expect(captionsAlone({ ...options, judges: [sees('')], scenes: empty })).rejects.toThrow(nothing);
    expect(painted).toHaveLength(before);
  });

  it('ends where it is aborted', async () => {
    const controller = new AbortController();
    const evaluator: NamedEvaluator = {
      ...sees('slow'),
      examine: async () => {
        controller.abort(new Error('enough'));
        return { detections: [], objects: [{}], picture: {} };
      },
    };
    const scenes = [scene, scene];
    const running = evaluateScenes({ pipe, evaluator, scenes, seed: 1, batch: 2, signal: controller.signal });
    await expect(running).rejects.toThrow('enough');
  });
});

describe('what nobody asked for', () => {
  it('is what belongs to no object and stands elsewhere', () => {
    const twin: Detection = { label: 'pear', score: 0.9, box: half };
    const weak: Detection = { ...stray, score: 0.4 };
    const faint: Detection = { ...apple, score: 0.2 };
    const asked = [{ label: 'apple', box: half }];
    const { matches, unasked } = matchAsked(asked, [faint, twin, apple, stray, weak]);
    expect(matches).toEqual([{ detection: 2, iou: 1 }]);
    expect(unasked).toEqual([stray]);
  });

  it('and colours that phrases name are figures', () => {
    const figures = (image: RgbImage, detections: readonly Detection[]) =>
      figuresOf([{ scene, image, detections }]).colours;
    expect(figures(red, [apple])).toEqual({ instances: 1, right: 1 });
    expect(figures(picture([5, 5, 250]), [apple])).toEqual({ instances: 1, right: 0 });
    expect(figures(red, [])).toEqual({ instances: 1, right: 0 });
    const plain = { ...scene, layout: { prompt: '', objects: [{ phrase: 'an apple', box: half }] } };
    expect(figuresOf([{ scene: plain, image: red, detections: [] }]).colours).toEqual({
      ...{ instances: 0, right: null },
    });
  });
});

it('an object is occluded where a later one covers a tenth of its box', () => {
  const objects = [
    { phrase: 'x', box: [0, 0, 0.5, 0.5] as const },
    { phrase: 'x', box: [0.4, 0, 0.8, 0.5] as const },
    { phrase: 'x', box: [0.79, 0, 1, 0.5] as const },
  ];
  const traits = traitsOf({ layout: { prompt: '', objects }, labels: ['a', 'b', 'c'] });
  expect(traits.map(({ occluded }) => occluded)).toEqual([true, false, false]);
});

describe('captions alone', () => {
  it('are painted without boxes; as many of each label as were named have to be there', async () => {
    const two: EvaluatedLayout = {
      layout: { prompt: '', objects: [scene.layout.objects[0]!, scene.layout.objects[0]!] },
      labels: ['apple', 'apple'],
    };
    painted.length = 0;
    const finding: NamedEvaluator = {
      ...sees('finds', stray),
      find: async () => [apple, { ...apple, score: 0.2 }],
    };
    const { pictures, judges } = await captionsAlone({
      ...{ pipe, judges: [sees('sees', apple), finding], scenes: [scene, two], seed: 1, batch: 2, signal },
      realPictures: async (some) => some.map(() => red),
    });
    expect(painted).toEqual([0]);
    expect(pictures).toBe(2);
    const half = { named: 3, present: 2 / 3, complete: 0.5 };
    expect(judges).toEqual({
      sees: { generated: half, real: half },
      finds: { generated: half, real: half },
    });
  });

  it('are painted with the boxes that are drawn for them', async () => {
    painted.length = 0;
    const asked: (readonly [string, number])[] = [];
    await captionsAlone({
      ...{ pipe, judges: [sees('sees', apple)], scenes: [scene, scene], seed: 1, batch: 2, signal },
      objectsOf: (prompt, index) => {
        asked.push([prompt, index]);
        return index === 0 ? [{ phrase: 'an apple', box: half }] : [];
      },
    });
    expect(painted).toEqual([1]);
    expect(asked).toEqual([
      ['a red apple', 0],
      ['a red apple', 1],
    ]);
  });
});

describe('variety by seeds', () => {
  it('compares the pictures of one layout', async () => {
    const { layouts, seeds, judges } = await seedVariety({
      ...{ pipe, judges: [sees('sees', apple)], scenes: [scene], seeds: 3, seed: 0, batch: 8, signal },
    });
    // Greys of 0, 1 and 2: distances of 1, 2 and 1 of 255.
    expect([layouts, seeds]).toEqual([1, 3]);
    expect(judges.sees!.tone).toBeCloseTo(4 / 3 / 255, 12);
    expect(judges.sees).toMatchObject({ edges: 0, flips: null });
    await expect(
      seedVariety({ pipe, judges: [], scenes: [scene], seeds: 1, seed: 0, batch: 8, signal }),
    ).rejects.toThrow('options.seeds: must be a whole number in 2..1000000, not 1');
  });

  it('measures edges by the sides of the box, and how evenly objects face left and right', () => {
    const moved = (shift: number, left: boolean) => ({
      detections: [{ ...apple, box: [shift, 0, 0.5 + shift, 1] as const }],
      measures: { objects: [{ left }], picture: {} },
    });
    const looks = [moved(0, true), moved(0.1, false)];
    const { tone, edges, flips } = varietyOfScene(scene, [red, red], looks);
    expect(tone).toBe(0);
    // Left and right edges deviate by 0.05 of a side of 0.5.
    expect(edges).toBeCloseTo((0.1 + 0 + 0.1 + 0) / 4, 12);
    expect(flips).toBe(1);
    expect(varietyOfScene(scene, [red, red], [looks[0]!, looks[0]!]).flips).toBe(0);
  });

  it('needs two pictures or more, and a look at each', () => {
    const look = { detections: [] };
    expect(() => varietyOfScene(scene, [red], [look])).toThrow('images: 1 given; variety needs two');
    expect(() => varietyOfScene(scene, [red, red], [look])).toThrow('looks: 1 for 2 pictures');
    expect(() => varietyOfScene(scene, [red, red], [look, {} as never])).toThrow('looks[1].detections');
  });

  it('looks at the background alone where there is one', () => {
    const own = { ...red, data: red.data.slice() };
    // The left half, which is the box, turns blue.
    for (let at = 0; at < 16; at++) if (at % 4 < 2) own.data.set([0, 0, 255], 3 * at);
    const none = [{ detections: [] }, { detections: [] }];
    expect(varietyOfScene(scene, [red, own], none)).toEqual({ tone: 0, edges: null, flips: null });
  });
});
