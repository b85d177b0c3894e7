// Sizes, seeds, shares and steps at the edges of what is taken.

import { describe, expect, it } from 'vitest';
import { earlyCalls, objectSlots, type StreamOptions, skippedSteps } from '../../src/entries/pipeline.js';
import { type Layout, MAX_SEED, type SchedulerConfig, tensor } from '../../src/index.js';
import { guidanceSchedule } from '../../src/pipeline/guidanceInterval.js';
import { resolveOptions, type SamplingDefaults } from '../../src/pipeline/options.js';
import { pictureSize, type SizeRequest } from '../../src/pipeline/pictureSize.js';
import { checkSource } from '../../src/pipeline/source.js';
import { smallBoxes } from '../../src/pipeline/warnings.js';

const rules = { own: { width: 64, height: 48 }, step: 8 };
const layout = (size: Partial<Layout> = {}): Layout => ({ prompt: '', objects: [], ...size });
const sized = (request: SizeRequest, ...layouts: Layout[]) =>
  pictureSize(layouts.length > 0 ? layouts : [layout()], request, rules);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (cause) {
    return (cause as Error).message;
  }
  throw new Error('did not throw');
}

describe('a box', () => {
  const warnings = (box: readonly [number, number, number, number]) =>
    smallBoxes([['objects', [{ phrase: 'a dog', box }]]], { width: 10, height: 5 });

  it('of a pixel is fine, also where its corners are rounded', () => {
    expect(warnings([0.2, 0, 0.3, 0.2])).toEqual([]);
  });

  it.each([
    [[0.2, 0, 0.25, 1], '0.5 x 5'],
    [[0, 0, 1, 0.19], '10 x 0.95'],
  ] as const)('of less is warned of: %j', (box, size) => {
    expect(warnings(box)).toEqual([
      `objects[0].box: is ${size} pixels of the picture's 10 x 5; make it larger`,
    ]);
  });
});

describe('the size of a picture', () => {
  it('is what the call says, else the layout, else the source, else the model, each side for itself', () => {
    const source = { width: 39, height: 31 };
    expect(sized({})).toEqual({ width: 64, height: 48 });
    expect(sized({ source })).toEqual({ width: 32, height: 24 });
    expect(sized({ source }, layout({ width: 80 }))).toEqual({ width: 80, height: 24 });
    expect(sized({ source, height: 16 }, layout({ width: 80, height: 88 }))).toEqual({
      width: 80,
      height: 16,
    });
    expect(sized({ width: 8 })).toEqual({ width: 8, height: 48 });
  });

  it('of a small source is one step at least', () => {
    expect(sized({ source: { width: 3, height: 8 } })).toEqual({ width: 8, height: 8 });
  });

  it.each([
    [{ width: 12 }, 'width: must be a multiple of 8, not 12; the nearest are 8 and 16'],
    [{ width: 4 }, 'width: must be a whole number in 8..8192, not 4'],
    [{ height: 8193 }, 'height: must be a whole number in 8..8192'],
    [{ width: 8192, height: 2056 }, 'width and height: 8192 x 2056 pixels are too many'],
  ])('of %j is refused', (request, message) => {
    expect(() => sized(request)).toThrow(message);
  });

  it('may have 2 ** 24 pixels in all', () => {
    expect(sized({ width: 8192, height: 2048 })).toEqual({ width: 8192, height: 2048 });
    expect(sized({ width: 4096, height: 4096 })).toEqual({ width: 4096, height: 4096 });
  });

  it('may be as large as what the model was made for', () => {
    const large = { own: { width: 8192, height: 4096 }, step: 8 };
    expect(pictureSize([layout()], {}, large)).toEqual(large.own);
    const wide = { own: { width: 8200, height: 8 }, step: 8 };
    expect(() => pictureSize([layout()], {}, wide)).toThrow('8200 x 8 pixels are too many');
  });

  it('is one for a batch, whose first layout that differs is named', () => {
    const other = layout({ height: 56 });
    expect(() => sized({}, layout(), layout(), other)).toThrow(
      'layouts[2]: is 64 x 56 pixels, but the first is 64 x 48',
    );
    expect(sized({ height: 48 }, layout(), other)).toEqual({ width: 64, height: 48 });
    expect(() => sized({}, layout({ width: 12 }))).toThrow(/^width: must be a multiple/);
    expect(() => sized({}, layout(), layout({ width: 12 }))).toThrow(
      /^layouts\[1\]\.width: must be a multiple/,
    );
  });

  it('limits a batch to 2 ** 28 pixels', () => {
    const batch = (count: number) => Array.from({ length: count }, () => layout());
    const request = { width: 4096, height: 4096 };
    expect(sized(request, ...batch(16))).toEqual(request);
    expect(() => sized(request, ...batch(17))).toThrow(
      'layouts: 17 pictures of 4096 x 4096 pixels are too many',
    );
  });
});

const ddim = { _class_name: 'DDIMScheduler', num_train_timesteps: 1000, clip_sample: false, steps_offset: 1 };
const defaults: SamplingDefaults = { steps: 25, guidanceScale: 7.5 };
const resolved = (options: StreamOptions, own = defaults, rows = 1, strength?: number) =>
  resolveOptions(options, own, ddim, rows, strength);

describe('options', () => {
  it('are what is given, else what the model recommends, else plain', () => {
    expect(resolved({})).toMatchObject({
      ...{ seed: 0, steps: 25, guidanceScale: 7.5, guidanceRescale: 0, objectSlots: 0, decode: true },
      ...{ generator: 'sfc32', scheduler: 'ddim' },
    });
    expect(resolved({})).not.toHaveProperty('guidanceInterval');
    const interval = { stop: 0.25, scaleAfter: 2 };
    const own = {
      ...{ steps: 4, guidanceScale: 2, guidanceInterval: interval, guidanceRescale: 0.5 },
      ...{ scheduler: 'euler', generator: 'torch' as const },
    };
    expect(resolved({}, own)).toMatchObject(own);
    const given = {
      ...{ steps: 3, guidanceScale: 1, guidanceInterval: { stop: 1, scaleAfter: 0 }, guidanceRescale: 0 },
      ...{ scheduler: 'heun', generator: 'sfc32' as const, decode: false, objectSlots: 30, seed: 9 },
    };
    expect(resolved(given, own)).toMatchObject(given);
  });

  it.each<[StreamOptions['scheduler'], StreamOptions['scheduler'], SchedulerConfig]>([
    [{ use_karras_sigmas: true }, 'euler', { _class_name: 'euler', use_karras_sigmas: true }],
    [{ _class_name: undefined, eta: 0.5 }, 'tcd', { _class_name: 'tcd', eta: 0.5 }],
    [
      { _class_name: null, timestep_spacing: 'trailing' },
      { _class_name: 'euler', use_karras_sigmas: true },
      { _class_name: 'euler', use_karras_sigmas: true, timestep_spacing: 'trailing' },
    ],
    [{ eta: 0.5 }, { timestep_spacing: 'trailing' }, { eta: 0.5, timestep_spacing: 'trailing' }],
    [{ _class_name: 'heun' }, { _class_name: 'euler', use_karras_sigmas: true }, { _class_name: 'heun' }],
    ['heun', { use_karras_sigmas: true }, { _class_name: 'heun' }],
    [
      undefined,
      { _class_name: 'euler', use_karras_sigmas: true },
      { _class_name: 'euler', use_karras_sigmas: true },
    ],
  ])('a scheduler %j over the usual %j is %j', (scheduler, usual, wanted) => {
    const { plan, scheduler: name } = resolved({ scheduler }, { ...defaults, scheduler: usual });
    const alone = resolved({ scheduler: wanted });
    expect({ name, plan }).toEqual({ name: alone.scheduler, plan: alone.plan });
  });

  it.each<StreamOptions>([
    { steps: 1 },
    { guidanceScale: 0 },
    { guidanceScale: 1000 },
    { guidanceRescale: 1 },
    { objectSlots: 0 },
    { objectSlots: 30 },
    { seed: MAX_SEED },
    { guidanceInterval: { stop: 0, scaleAfter: 0 } },
    { guidanceInterval: { stop: 1, scaleAfter: 1000 } },
  ])('%j is taken', (options) => {
    expect(resolved(options)).toMatchObject(options);
  });

  it.each<[StreamOptions, string]>([
    [{ steps: 0 }, 'steps: must be a whole number in 1..10000'],
    [{ steps: 10_001 }, 'steps: must be a whole number in 1..10000'],
    [{ steps: 1.5 }, 'steps'],
    [{ guidanceScale: -0.1 }, 'guidanceScale: must be a number in 0..1000'],
    [{ guidanceScale: 1000.1 }, 'guidanceScale'],
    [{ guidanceRescale: 1.01 }, 'guidanceRescale: must be a number in 0..1'],
    [{ objectSlots: 31 }, 'objectSlots: must be a whole number in 0..30'],
    [{ objectSlots: -1 }, 'objectSlots'],
    [{ seed: -1 }, 'seed'],
    [{ seed: MAX_SEED + 1 }, 'seed'],
    [{ guidanceInterval: { stop: 1.1, scaleAfter: 1 } }, 'guidanceInterval.stop: must be a number in 0..1'],
    [
      { guidanceInterval: { stop: 1, scaleAfter: 1001 } },
      'guidanceInterval.scaleAfter: must be a number in 0..1000',
    ],
  ])('%j is refused', (options, message) => {
    expect(() => resolved(options)).toThrow(message);
  });

  it('leave room for the seed of the last row', () => {
    expect(resolved({ seed: MAX_SEED - 3 }, defaults, 4).seed).toBe(MAX_SEED - 3);
    expect(() => resolved({ seed: MAX_SEED - 2 }, defaults, 4)).toThrow(
      `seed: ${MAX_SEED - 2} is too large for 4 pictures`,
    );
  });

  it('plan the last steps alone where a picture is painted over', () => {
    expect(resolved({ steps: 10 }).plan.steps).toHaveLength(10);
    const { plan } = resolved({ steps: 10 }, defaults, 1, 0.35);
    expect(plan.steps).toHaveLength(3);
    expect(plan.steps.map(({ timestep }) => timestep)).toEqual(
      resolved({ steps: 10 })
        .plan.steps.slice(-3)
        .map(({ timestep }) => timestep),
    );
  });
});

describe('shares of calls', () => {
  it.each([
    [0, 10, 0],
    [1e-9, 10, 1],
    [0.3, 10, 3],
    [0.3, 1, 1],
    [0.3, 7, 2],
    [0.7, 10, 7],
    [0.1, 3, 1],
    [1, 10, 10],
    [0.999, 10, 9],
  ])('%d of %d are the first %d', (share, calls, early) => {
    expect(earlyCalls(share, calls)).toBe(early);
  });

  it('the scale after the interval holds after its share, and never raises the scale', () => {
    const scales = (guidanceScale: number, stop: number, scaleAfter: number) => {
      const scaleAt = guidanceSchedule({ guidanceScale, guidanceInterval: { stop, scaleAfter } });
      return [0, 1, 2, 3].map((stepIndex) => scaleAt({ stepIndex, calls: 4 }));
    };
    expect(scales(7, 0.5, 2)).toEqual([7, 7, 2, 2]);
    expect(scales(7, 0, 2)).toEqual([2, 2, 2, 2]);
    expect(scales(7, 1, 2)).toEqual([7, 7, 7, 7]);
    expect(scales(3, 0.5, 9)).toEqual([3, 3, 3, 3]);
    const without = guidanceSchedule({ guidanceScale: 5 });
    expect([0, 3].map((stepIndex) => without({ stepIndex, calls: 4 }))).toEqual([5, 5]);
  });

  it.each([
    [10, 1, 0],
    [10, 0.8, 2],
    [10, 0.35, 7],
    [10, 0.1, 9],
    [3, 0.34, 2],
  ])('of %d steps a strength of %d leaves out the first %d', (steps, strength, skipped) => {
    expect(skippedSteps(steps, strength)).toBe(skipped);
  });

  it('a strength that leaves no step is refused with the least that does', () => {
    expect(() => skippedSteps(10, 0.09)).toThrow(
      'strength: 0.09 of 10 steps leaves none to sample; give at least 0.1',
    );
  });

  it('the least strength that is named is taken, for every number of steps', () => {
    for (let steps = 1; steps <= 1000; steps++) {
      const least =
        steps === 1 ? '1' : messageOf(() => skippedSteps(steps, 1e-6)).match(/at least (\S+),/)![1];
      expect(skippedSteps(steps, Number(least)), `${steps} steps`).toBe(steps - 1);
    }
  });

  it.each([
    [0, 2],
    [2, 2],
    [3, 4],
    [4, 4],
    [5, 8],
    [9, 16],
    [17, 30],
    [30, 30],
  ])('%d objects have %d slots', (objects, slots) => {
    expect(objectSlots(objects)).toBe(slots);
  });
});

describe('pictures to paint over', () => {
  const image = { width: 3, height: 2, channels: 3, data: new Uint8ClampedArray(18) } as const;
  const other = { ...image, width: 2, height: 3 };

  it('are one for all layouts, or one for each; the first one decides the size', () => {
    const one = checkSource({ image }, 2)!;
    expect(one).toEqual({ images: [image, image], strength: 0.8, size: { width: 3, height: 2 } });
    expect(one.images[1]).toBe(image);
    expect(checkSource({ image: [other, image] }, 2)).toMatchObject({ size: { width: 2, height: 3 } });
    const given = tensor(new Float32Array(24), [1, 3, 4, 2]);
    expect(checkSource({ image: given }, 1)!.size).toEqual({ width: 2, height: 4 });
  });

  it('are painted over wholly under a mask, by 0.8 without one, unless another strength is given', () => {
    expect(checkSource({ image, mask: 'boxes' }, 1)).toMatchObject({ mask: 'boxes', strength: 1 });
    expect(checkSource({ image, mask: image }, 2)).toMatchObject({ mask: [image, image], strength: 1 });
    expect(checkSource({ image, mask: 'boxes', strength: 0.5 }, 1)!.strength).toBe(0.5);
    expect(checkSource({}, 1)).toBeUndefined();
  });

  it.each([
    [{ mask: 'boxes' as const }, 1, 'mask: has no effect without an image'],
    [{ strength: 0.5 }, 1, 'strength: has no effect without an image'],
    [{ image: [image] }, 2, 'image: 1 pictures for 2 layouts; give one, or one for each'],
    [{ image, mask: [image, image, image] }, 2, 'mask: 3 pictures for 2 layouts'],
    [{ image, strength: 1.1 }, 1, 'strength: must be a number in 0..1'],
    [
      { image: tensor(new Float32Array(4), [1, 1, 2, 2]) },
      1,
      'image: must be [1, 3, height, width] of float32',
    ],
    [{ image, mask: tensor(new Float32Array(12), [1, 3, 2, 2]) }, 1, 'mask: must be [1, 1, height, width]'],
    [{ image: [image, { ...image, data: new Uint8ClampedArray(17) }] }, 2, 'image[1].data: holds 17 bytes'],
    [{ image: tensor([1, Number.NaN, 1], [1, 3, 1, 1]) }, 1, 'image: holds NaN or an infinity'],
  ])('%# are refused', (options, count, message) => {
    expect(() => checkSource(options, count)).toThrow(message);
  });
});
