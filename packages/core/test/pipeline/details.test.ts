// What is painted again, enlarged: which objects, in which crops, and how they are put back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box, Layout, RgbImage } from '../../src/index.js';
import { checkDetails } from '../../src/pipeline/details/settings.js';
import { sheetImage } from '../../src/pipeline/details/sheetImage.js';
import { sheetLayout, sheetsOf } from '../../src/pipeline/details/sheets.js';
import { stitch } from '../../src/pipeline/details/stitch.js';

const size = { width: 256, height: 256 };
const layoutOf = (...boxes: Box[]): Layout => ({
  prompt: 'things',
  objects: boxes.map((box, i) => ({ phrase: `thing ${i}`, box })),
});
/** A square box about a middle. */
const square = (x: number, y: number, side: number): Box => [
  x - side / 2,
  y - side / 2,
  x + side / 2,
  y + side / 2,
];
const small = [square(0.1, 0.1, 0.1), square(0.5, 0.9, 0.12), square(0.9, 0.5, 0.14), square(0.5, 0.3, 0.16)];

describe('sheets', () => {
  it('hold the small objects alone', () => {
    const sheets = sheetsOf(layoutOf(square(0.3, 0.3, 0.5), square(0.8, 0.8, 0.1)), size, 0.3);
    expect(sheets.map(({ tiles }) => tiles.map(({ object }) => object))).toEqual([[1]]);
    expect(sheetsOf(layoutOf(square(0.3, 0.3, 0.5)), size, 0.3)).toEqual([]);
    expect(sheetsOf(layoutOf(...small), size, 0)).toEqual([]);
  });

  it('leave out what would hardly be enlarged: a long object of a small area', () => {
    expect(sheetsOf(layoutOf([0.1, 0.5, 0.9, 0.55]), size, 0.3)).toEqual([]);
  });

  it('hold up to four objects in cells that do not meet', () => {
    const counts = [1, 2, 3, 4].map((count) => sheetsOf(layoutOf(...small.slice(0, count)), size, 0.3));
    expect(counts.map((sheets) => sheets.map(({ tiles }) => tiles.length))).toEqual([[1], [2], [3], [4]]);
    const cells = counts[3]![0]!.tiles.map(({ cell }) => [cell.left, cell.top, cell.width, cell.height]);
    expect(cells).toEqual([
      [0, 0, 128, 128],
      [128, 0, 128, 128],
      [0, 128, 128, 128],
      [128, 128, 128, 128],
    ]);
    const five = sheetsOf(layoutOf(...small, square(0.2, 0.8, 0.1)), size, 0.3);
    expect(five.map(({ tiles }) => tiles.length)).toEqual([3, 2]);
  });

  it('take crops that hold their object, lie in the picture and have the shape of their cell', () => {
    const wide = { width: 384, height: 256 };
    const layout = layoutOf(...small, square(0.03, 0.97, 0.06));
    for (const tile of sheetsOf(layout, wide, 0.3).flatMap(({ tiles }) => tiles)) {
      const { crop, cell, object } = tile;
      const [x0, y0, x1, y1] = layout.objects[object]!.box;
      expect(crop.left).toBeLessThanOrEqual(x0 * 384 + 1);
      expect(crop.left + crop.width).toBeGreaterThanOrEqual(x1 * 384 - 1);
      expect(crop.top).toBeLessThanOrEqual(y0 * 256 + 1);
      expect(crop.top + crop.height).toBeGreaterThanOrEqual(y1 * 256 - 1);
      expect(Math.min(crop.left, crop.top)).toBeGreaterThanOrEqual(0);
      expect(crop.left + crop.width).toBeLessThanOrEqual(384);
      expect(crop.top + crop.height).toBeLessThanOrEqual(256);
      expect(crop.width / crop.height).toBeCloseTo(cell.width / cell.height, 1);
    }
  });

  it('show an object and what overlaps it together, where both are enlarged', () => {
    const layout = layoutOf(square(0.5, 0.5, 0.12), square(0.56, 0.5, 0.12));
    const [sheet] = sheetsOf(layout, size, 0.3);
    for (const { crop } of sheet!.tiles) {
      expect(crop.left).toBeLessThanOrEqual(0.44 * 256);
      expect(crop.left + crop.width).toBeGreaterThanOrEqual(0.62 * 256);
    }
    expect(sheet!.layout.objects).toHaveLength(4);
  });

  it('ask for their objects at their places, and for neighbours back to front as long as there is room', () => {
    const layout = layoutOf(square(0.5, 0.5, 0.1), square(0.58, 0.5, 0.08));
    const [sheet] = sheetsOf({ ...layout, objects: layout.objects.slice(0, 1) }, size, 0.3);
    const asked = sheetLayout(layout, sheet!.tiles, size, 30).objects;
    expect(asked.map(({ phrase }) => phrase)).toEqual(['thing 0', 'thing 1']);
    expect(sheetLayout(layout, sheet!.tiles, size, 1).objects.map(({ phrase }) => phrase)).toEqual([
      'thing 0',
    ]);
    const [x0, y0, x1, y1] = asked[0]!.box;
    expect([(x0 + x1) / 2, (y0 + y1) / 2]).toEqual([expect.closeTo(0.5, 1), expect.closeTo(0.5, 1)]);
    expect(x1 - x0).toBeCloseTo(0.39, 1);
  });
});

/** Boxes of any place, shape and size, down to less than a pixel. */
const anyBox = fc
  .tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.double({ min: 0, max: 0.999, noNaN: true }))
  .chain(([x0, y0]) => fc.tuple(fc.constant(x0), fc.constant(y0), above(x0), above(y0)));
const above = (from: number) => fc.double({ min: from + 1e-4, max: 1, noNaN: true });

describe('of any layout and size', () => {
  it('sheets ask for boxes that are boxes, in crops of the picture', () => {
    const side = fc.integer({ min: 2, max: 40 }).map((cells) => 8 * cells);
    fc.assert(
      fc.property(fc.array(anyBox, { maxLength: 30 }), side, side, (boxes, width, height) => {
        const layout = layoutOf(...boxes);
        const sheets = sheetsOf(layout, { width, height }, 1);
        const own = sheets.flatMap(({ tiles }) => tiles).map(({ object }) => object);
        expect(new Set(own).size).toBe(own.length);
        for (const sheet of sheets) {
          for (const { crop, cell } of sheet.tiles) {
            for (const part of [crop, cell]) {
              expect(Math.min(part.left, part.top)).toBeGreaterThanOrEqual(0);
              expect(Math.min(part.width, part.height)).toBeGreaterThan(0);
              expect(part.left + part.width).toBeLessThanOrEqual(width);
              expect(part.top + part.height).toBeLessThanOrEqual(height);
            }
          }
          for (const { box } of sheet.layout.objects) {
            const [x0, y0, x1, y1] = box;
            expect(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= 1 && y1 <= 1).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** A picture of one colour, with a rectangle of another. */
function picture(ground: number, [x0, y0, x1, y1]: Box, figure: number): RgbImage {
  const data = Uint8ClampedArray.from({ length: 3 * 256 * 256 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 256, Math.floor(i / 768)];
    return x >= x0 * 256 && x < x1 * 256 && y >= y0 * 256 && y < y1 * 256 ? figure : ground;
  });
  return { ...size, channels: 3, data };
}

describe('an object that was painted again', () => {
  const box: Box = [0.25, 0.25, 0.375, 0.375];
  const layout = layoutOf(box);
  const [sheet] = sheetsOf(layout, size, 0.3);
  const [tile] = sheet!.tiles;
  const [onSheet] = sheetLayout(layout, sheet!.tiles, size, 30).objects;
  const at = ({ data }: RgbImage, x: number, y: number): number =>
    data[3 * (Math.round(y * 256) * 256 + Math.round(x * 256))]!;

  it('is sampled from its enlarged crop', () => {
    const { data, shape } = sheetImage(picture(0, box, 255), sheet!.tiles, size);
    expect(shape).toEqual([1, 3, 256, 256]);
    const [x0, , x1] = onSheet!.box;
    const lit = (data as Float32Array).subarray(128 * 256, 129 * 256).filter((value) => value > 0).length;
    expect(lit).toBeCloseTo((x1 - x0) * 256, -1);
  });

  it('keeps its own colour, and its background gets that of the picture, without a seam', () => {
    const before = picture(100, box, 60);
    const into = { ...before, data: before.data.slice() };
    // The sheet came out lighter by 30 throughout, with the object in another colour.
    stitch(before, { tile: tile!, painted: picture(130, onSheet!.box, 220) }, [box], into);
    expect(at(into, 0.3125, 0.3125)).toBe(220);
    expect(Math.abs(at(into, 0.24, 0.3125) - 100)).toBeLessThan(3);
    expect(at(into, 0.6, 0.6)).toBe(100);
    const outside = into.data.filter((_, i) => Math.floor(i / 768) < 50);
    expect(new Set(outside)).toEqual(new Set([100]));
  });

  it('that came out as it was changes nothing', () => {
    const before = picture(100, [0, 0, 1, 1], 100);
    const into = { ...before, data: before.data.slice() };
    stitch(before, { tile: tile!, painted: before }, [box], into);
    expect(into.data).toEqual(before.data);
  });
});

describe('the option', () => {
  const own = { below: 0.2, steps: 5, strength: 0.5 };

  it('is the model’s own where it is not given, or true', () => {
    expect(checkDetails(undefined, own)).toEqual(own);
    expect(checkDetails(true, own)).toEqual(own);
    expect(checkDetails({ below: 0.1 }, own)).toEqual({ ...own, below: 0.1 });
    expect(checkDetails(false, own)).toBeUndefined();
    expect(checkDetails(undefined, undefined)).toBeUndefined();
    expect(checkDetails(true, undefined)).toEqual({ below: 0.3125, steps: 3, strength: 0.67 });
  });

  it.each([
    [{ below: 2 }, /details\.below: must be a number in 0\.\.1, not 2/],
    [{ steps: 0 }, /details\.steps: /],
    [{ strength: -1 }, /details\.strength: /],
    [{ side: 0.1 }, /details: .*side/],
    ['all', /details: /],
    [null, /details: /],
  ])('%j is refused', (given, message) => {
    expect(() => checkDetails(given, undefined)).toThrow(message);
  });
});
