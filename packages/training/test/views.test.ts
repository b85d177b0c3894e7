// Which part of a picture is cut out, and where its objects stand there, by hand.

import type { Box } from '@spatiallock/core';
import { type Random, random } from '@spatiallock/core/nn';
import { describe, expect, it } from 'vitest';
import { checkSeen } from '../src/fineTune/seenBoxes.js';
import { canBeSeen } from '../src/fineTune/views.js';
import { type DatasetPicture, middleView, randomView } from '../src/index.js';

const picture = (width: number, height: number, ...boxes: Box[]): DatasetPicture => ({
  path: 'a.png',
  width,
  height,
  objects: boxes.map((box, i) => ({ label: `label ${i}`, phrase: `phrase ${i}`, box })),
});

const options = { size: { width: 40, height: 40 }, minBox: 0.1, flip: true };

/** Gives these numbers in turn, again and again. */
function scripted(...numbers: number[]): Random & { readonly drawn: number } {
  let at = 0;
  const uniform = (): number => numbers[at++ % numbers.length]!;
  return {
    uniform,
    int: (n) => Math.floor(uniform() * n),
    normal: uniform,
    get drawn() {
      return at;
    },
  };
}

/** Zoom (1 is the largest part), place from the left and from the top, and what decides about mirroring. */
const viewed = (of: DatasetPicture, draws: readonly [number, number, number, number], more = {}) =>
  randomView(of, scripted(...draws), { ...options, ...more });

const near = (boxes: readonly (readonly number[])[]) =>
  boxes.map((box) => box.map((edge) => Number(edge.toFixed(9))));

describe('an object outside of the view', () => {
  // The middle of 80 x 40 pixels is from 20 to 60, and that of 40 x 80 alike.
  it.each([
    [80, 40, [0, 0.2, 0.25, 0.8]],
    [80, 40, [0.75, 0.2, 1, 0.8]],
    [40, 80, [0.2, 0, 0.8, 0.25]],
    [40, 80, [0.2, 0.75, 0.8, 1]],
  ] as const)('is not shown, however small objects may be: %#', (width, height, box) => {
    const view = middleView(picture(width, height, box, [0.4, 0.4, 0.6, 0.6]), { ...options, minBox: 0 });
    expect(view.objects.map(({ label }) => label)).toEqual(['label 1']);
  });
});

describe('what no view shows', () => {
  const square = [40, 40] as const;
  it.each([
    ['a box as small as the closest view allows', ...square, [0.5, 0.5, 0.578, 0.578], true],
    ['a smaller one', ...square, [0.5, 0.5, 0.572, 0.578], false],
    ['a small one at the edge', ...square, [0.922, 0, 1, 0.08], true],
    ['the whole of a wide picture', 79, 40, [0, 0, 1, 1], true],
    ['the whole of a wider one', 90, 40, [0, 0, 1, 1], false],
  ] as const)('%s', (_, width, height, box, seen) => {
    const of = picture(width, height, box);
    expect(canBeSeen(of, of.objects[0]!, options)).toBe(seen);
    const rng = random(1);
    const views = Array.from({ length: 3000 }, () => randomView(of, rng, options));
    expect(views.some(({ objects }) => objects.length > 0)).toBe(seen);
  });

  it('is counted, and refused where nothing else teaches a new word', () => {
    const small: Box = [0, 0, 0.01, 0.01];
    const of = (...boxes: Box[]) => picture(40, 40, ...boxes);
    const large: Box = [0, 0, 0.5, 0.5];
    const training = (...pictures: ReturnType<typeof of>[]) => ({ training: pictures, validation: [] });
    expect(checkSeen(training(of(large)), options)).toBeUndefined();
    expect(checkSeen(training(of(large, small)), options)).toMatch(
      /^minBox: 1 of 2 boxes are never learnt from/,
    );
    expect(() => checkSeen(training(of(small)), options)).toThrow(
      'minBox: every box is smaller than 0.1 of a side',
    );
    expect(() => checkSeen(training(of(large, small)), options, ['1'])).toThrow(
      'minBox: every box of the new category "label 1" is smaller',
    );
    expect(checkSeen(training(of(large, small), of(small, large)), options, ['1'])).toMatch(/2 of 4/);
    // What is kept for validation teaches nothing.
    const split = { training: [of(large)], validation: [of(large, large)] };
    expect(() => checkSeen(split, options, ['1'])).toThrow(
      'validation: all pictures that are left of the new category "label 1" are kept for it; mend those',
    );
    expect(checkSeen(split, options)).toBeUndefined();
    expect(checkSeen({ training: [of(large, large)], validation: split.validation }, options, ['1'])).toBe(
      undefined,
    );
  });
});

describe('the part that is cut out', () => {
  const whole: Box = [0, 0, 1, 1];

  it('is the largest of the wanted shape, in the middle', () => {
    const at = (width: number, height: number, size = options.size) =>
      middleView(picture(width, height, whole), { ...options, size }).crop;
    expect(at(200, 100)).toEqual({
      left: 50,
      top: 0,
      width: 100,
      height: 100,
      flip: false,
      size: options.size,
    });
    expect(at(100, 200)).toMatchObject({ left: 0, top: 50, width: 100, height: 100 });
    expect(at(100, 80, { width: 64, height: 32 })).toMatchObject({
      left: 0,
      top: 15,
      width: 100,
      height: 50,
    });
    expect(at(10, 10)).toMatchObject({ left: 0, top: 0, width: 10, height: 10 });
    expect(at(10, 1000)).toMatchObject({ left: 0, top: 495, width: 10, height: 10 });
  });

  it('is at least three quarters of that along each side, anywhere', () => {
    const at = (...draws: [number, number, number]) => viewed(picture(200, 100, whole), [...draws, 0.9]).crop;
    expect(at(0, 0, 0)).toMatchObject({ left: 0, top: 0, width: 75, height: 75, flip: false });
    expect(at(0, 1, 1)).toMatchObject({ left: 125, top: 25, width: 75, height: 75 });
    // 0.8175 of 100 pixels are 82.
    expect(at(0.27, 0, 0)).toMatchObject({ width: 82, height: 82 });
    expect(at(0.4, 0.5, 0.2)).toMatchObject({ left: 58, top: 3, width: 85, height: 85 });
    expect(at(1, 0.25, 0.25)).toMatchObject({ left: 25, top: 0, width: 100, height: 100 });
  });

  it('has at least a pixel, and no more than the picture has', () => {
    expect(viewed(picture(1, 400, whole), [0, 0, 0, 0.9]).crop).toMatchObject({ width: 1, height: 1 });
  });

  it('is mirrored below one half, where that is wanted', () => {
    const flips = (draw: number, flip: boolean) =>
      viewed(picture(100, 100, whole), [1, 0, 0, draw], { flip }).crop.flip;
    expect([0, 0.499, 0.5, 0.9].map((draw) => flips(draw, true))).toEqual([true, true, false, false]);
    expect(flips(0, false)).toBe(false);
    expect(middleView(picture(100, 100, whole), options).crop.flip).toBe(false);
  });
});

describe('objects of a view', () => {
  it('are counted from its corner, in fractions of its own sides', () => {
    // Of 200 x 100 the columns 125 to 200 and the rows 25 to 100.
    const { objects } = viewed(picture(200, 100, [0.7, 0.4, 0.85, 0.7]), [0, 1, 1, 0.9]);
    expect(near(objects.map(({ box }) => box))).toEqual([[0.2, 0.2, 0.6, 0.6]]);
    expect(objects[0]).toMatchObject({ label: 'label 0', phrase: 'phrase 0' });
  });

  it('are mirrored from left to right with it, and not from top to bottom', () => {
    const { objects } = viewed(picture(100, 100, [0.1, 0.2, 0.4, 0.9]), [1, 0, 0, 0]);
    expect(near(objects.map(({ box }) => box))).toEqual([[0.6, 0.2, 0.9, 0.9]]);
  });

  it('that are not mirrored keep a box without flip', () => {
    const { objects } = viewed(picture(100, 100, [0.1, 0.2, 0.4, 0.9]), [1, 0, 0, 0], { flip: false });
    expect(near(objects.map(({ box }) => box))).toEqual([[0.1, 0.2, 0.4, 0.9]]);
  });

  /** In the middle of 200 x 100: columns 50 to 150. */
  const kept = (...boxes: Box[]) => middleView(picture(200, 100, ...boxes), options).objects;

  it('are cut at its edges, and count where half of them can be seen', () => {
    expect(near(kept([0.15, 0, 0.35, 1]).map(({ box }) => box))).toEqual([[0, 0, 0.2, 1]]);
    expect(kept([0.149, 0, 0.35, 1])).toEqual([]);
    expect(near(kept([0.65, 0.5, 0.85, 1]).map(({ box }) => box))).toEqual([[0.8, 0.5, 1, 1]]);
    expect(kept([0.65, 0.5, 0.86, 1])).toEqual([]);
  });

  it('have sides of at least minBox, each of them', () => {
    expect(kept([0.5, 0.25, 0.5625, 0.75])).toHaveLength(1);
    expect(kept([0.5, 0.25, 0.549, 0.75])).toEqual([]);
    expect(kept([0.5, 0.25, 0.75, 0.375])).toHaveLength(1);
    expect(kept([0.5, 0.25, 0.75, 0.349])).toEqual([]);
  });

  it('outside of it are none, also where no side is too small', () => {
    const view = { ...options, minBox: 0 };
    for (const box of [
      [0, 0, 0.25, 1],
      [0.75, 0, 1, 1],
    ] as const)
      expect(middleView(picture(200, 100, box), view).objects).toEqual([]);
  });

  it('keep their order', () => {
    const seen = kept([0.3, 0, 0.7, 1], [0, 0, 0.2, 1], [0.4, 0.2, 0.6, 0.8]);
    expect(seen.map(({ label }) => label)).toEqual(['label 0', 'label 2']);
  });
});

describe('a view without an object', () => {
  const atTheLeft = picture(200, 100, [0, 0, 0.2, 1]);

  it('is drawn again, and taken after eight tries', () => {
    const never = scripted(0.5, 1, 0.5, 0.9);
    expect(randomView(atTheLeft, never, options).objects).toEqual([]);
    expect(never.drawn).toBe(8 * 4);
  });

  it('is drawn until an object can be seen', () => {
    const rng = scripted(0.5, 1, 0.5, 0.9, 0.5, 0, 0.5, 0.9);
    expect(randomView(atTheLeft, rng, options).objects).toHaveLength(1);
    expect(rng.drawn).toBe(2 * 4);
  });

  it('is not drawn again where it shows one', () => {
    const rng = scripted(0.5, 0, 0.5, 0.9);
    randomView(atTheLeft, rng, options);
    expect(rng.drawn).toBe(4);
  });
});
