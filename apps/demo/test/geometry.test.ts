import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxBetween,
  describeBox,
  handles,
  isDrag,
  MIN_SIDE,
  moveBox,
  placeForCopy,
  placeForNew,
  resizeBox,
} from '../src/canvas/geometry.js';
import { snapLines, snapMove, snapResize } from '../src/canvas/snapping.js';
import { scaleOf } from '../src/pictures/paint.js';

const within = fc.double({ min: -0.5, max: 1.5, noNaN: true });
const box = fc
  .tuple(within, within, within, within)
  .map(([ax, ay, bx, by]) => boxBetween({ x: ax, y: ay }, { x: bx, y: by }));
const step = fc.double({ min: -2, max: 2, noNaN: true });

/** Corners are rounded to four digits. */
const ROUNDED = 1e-4 + 1e-9;

function expectUsable([x0, y0, x1, y1]: readonly number[]): void {
  expect(Math.min(x0!, y0!)).toBeGreaterThanOrEqual(0);
  expect(Math.max(x1!, y1!)).toBeLessThanOrEqual(1);
  expect(x1! - x0!).toBeGreaterThanOrEqual(MIN_SIDE - ROUNDED);
  expect(y1! - y0!).toBeGreaterThanOrEqual(MIN_SIDE - ROUNDED);
}

describe('boxes on the canvas', () => {
  it('are drawn between two points, in whatever direction', () => {
    expect(boxBetween({ x: 0.8, y: 0.1 }, { x: 0.2, y: 0.5 })).toEqual([0.2, 0.1, 0.8, 0.5]);
  });

  it('stay in the picture and never vanish, however they are drawn, moved and resized', () => {
    fc.assert(
      fc.property(box, step, step, fc.constantFrom(...handles), (given, dx, dy, handle) => {
        expectUsable(given);
        expectUsable(moveBox(given, dx, dy));
        expectUsable(resizeBox(given, handle, dx, dy));
        expectUsable(placeForCopy(given));
      }),
    );
  });

  it('keep their size when they are moved against an edge', () => {
    fc.assert(
      fc.property(box, step, step, (given, dx, dy) => {
        const moved = moveBox(given, dx, dy);
        expect(Math.abs(moved[2] - moved[0] - (given[2] - given[0]))).toBeLessThan(2 * ROUNDED);
        expect(Math.abs(moved[3] - moved[1] - (given[3] - given[1]))).toBeLessThan(2 * ROUNDED);
      }),
    );
  });

  it('keep a width and a height however small they are', () => {
    const tiny = [0.5, 0.5, 0.50002, 0.50002] as const;
    for (const [x0, y0, x1, y1] of [moveBox(tiny, 1 / 32, 1 / 32), placeForCopy(tiny)]) {
      expect([x0 < x1, y0 < y1]).toEqual([true, true]);
    }
  });

  it('move only the sides that the handle holds', () => {
    expect(resizeBox([0.2, 0.2, 0.6, 0.6], 'e', 0.1, 0.3)).toEqual([0.2, 0.2, 0.7, 0.6]);
    expect(resizeBox([0.2, 0.2, 0.6, 0.6], 'nw', 0.1, -0.1)).toEqual([0.3, 0.1, 0.6, 0.6]);
  });

  it('stay in the picture also where they are smaller than they can be drawn', () => {
    const corner = fc.double({ min: 0, max: 0.99, noNaN: true });
    const small = fc.double({ min: 0.001, max: MIN_SIDE, noNaN: true });
    fc.assert(
      fc.property(
        corner,
        corner,
        small,
        step,
        step,
        fc.constantFrom(...handles),
        (x, y, size, dx, dy, handle) => {
          const given = [x, y, Math.min(1, x + size), Math.min(1, y + size)] as const;
          const lines = { x: [Math.min(1, x + 0.05)], y: [Math.min(1, y + 0.05)] };
          const free = resizeBox(given, handle, dx, dy);
          const { box: snapped } = snapResize(free, handle, lines, 0.1);
          for (const [x0, y0, x1, y1] of [free, snapped]) {
            expect(0 <= x0 && x0 < x1 && x1 <= 1 && 0 <= y0 && y0 < y1 && y1 <= 1).toBe(true);
          }
        },
      ),
    );
    expect(resizeBox([0, 0, 0.02, 0.02], 'nw', 0.001, 0.001)).toEqual([0, 0, 0.02, 0.02]);
  });

  it('put a copy beside the original, and a new box where nothing stands', () => {
    expect(placeForCopy([0.1, 0.1, 0.4, 0.4])).toEqual([0.4, 0.1, 0.7, 0.4]);
    expect(placeForCopy([0.6, 0.1, 0.9, 0.4])).toEqual([0.3, 0.1, 0.6, 0.4]);
    expect(placeForNew([[0, 0, 0.5, 1]])).toEqual([0.56, 0.08, 0.92, 0.44]);
  });

  it('need more than a trembling finger', () => {
    expect(isDrag({ x: 0.5, y: 0.5 }, { x: 0.505, y: 0.6 }, 400)).toBe(false);
    expect(isDrag({ x: 0.5, y: 0.5 }, { x: 0.52, y: 0.6 }, 400)).toBe(true);
  });

  it('are described for those who hear the page', () => {
    expect(describeBox([0.05, 0.1, 0.4, 0.5])).toBe('left 5 %, top 10 %, 35 % wide, 40 % high');
  });
});

describe('snapping', () => {
  const lines = snapLines([[0.41, 0.3, 0.7, 0.62]]);

  it('takes the nearest line of another box or of the grid, and says which', () => {
    const { box: moved, guides } = snapMove([0.1, 0.1, 0.405, 0.2], lines, 0.02);
    expect(moved[2]).toBeCloseTo(0.41);
    expect(moved[2] - moved[0]).toBeCloseTo(0.305);
    expect(guides.x).toBeCloseTo(0.41);
    expect(guides.y).toBeCloseTo(0.1875);
  });

  it('leaves a box alone where no line is near, and where it is switched off', () => {
    const given = [0.095, 0.1, 0.4, 0.22] as const;
    expect(snapMove(given, { x: [0.9], y: [0.9] }, 0.02)).toEqual({ box: given, guides: {} });
    expect(snapMove([0.1, 0.1, 0.4, 0.2], lines, 0).guides).toEqual({});
  });

  it('moves only the edge that is dragged, and never past its opposite', () => {
    expect(snapResize([0.1, 0.1, 0.405, 0.3], 'e', lines, 0.02).box).toEqual([0.1, 0.1, 0.41, 0.3]);
    expect(snapResize([0.4, 0.1, 0.44, 0.3], 'w', { x: [0.43], y: [] }, 0.05).box[0]).toBe(0.4);
  });
});

describe('a picture that is enlarged', () => {
  it('is stretched where it is small, and costs no more memory where it is large', () => {
    const scale = (width: number, height = width): number => scaleOf({ width, height }, 4);
    expect([16, 128, 256, 300, 512, 768, 1024, 4000].map((side) => scale(side))).toEqual([
      4, 4, 4, 3, 2, 1, 1, 1,
    ]);
    expect([scale(64, 600), scaleOf({ width: 128, height: 128 }, 2)]).toEqual([1, 2]);
  });
});
