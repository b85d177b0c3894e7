// Pictures and masks at the size that is painted, pixel by pixel, by hand.

import { describe, expect, it } from 'vitest';
import {
  blended,
  cropImage,
  imagePlanes,
  latentMask,
  maskedImage,
  squareAround,
  writePlanes,
} from '../../src/entries/pipeline.js';
import { type Box, type Layout, type RgbImage, tensor } from '../../src/index.js';
import { type SourcePlanes, sourcePlanes, withKept } from '../../src/pipeline/sourcePlanes.js';

/** Pixels as [red, green, blue], row by row. */
const image = (width: number, pixels: readonly (readonly [number, number, number])[]): RgbImage => ({
  width,
  height: pixels.length / width,
  channels: 3,
  data: Uint8ClampedArray.from(pixels.flat()),
});
/** Grey levels, row by row. */
const grey = (width: number, levels: readonly number[]) =>
  image(
    width,
    levels.map((level) => [level, level, level]),
  );

const bytes = (planes: ArrayLike<number>): number[] => Array.from(planes, (value) => (value + 1) * 127.5);

function planesOf(from: RgbImage, width: number, height: number, square = false): number[] {
  const out = new Float32Array(3 * width * height);
  writePlanes(from, { width, height }, out, 0, square ? squareAround(from) : undefined);
  return bytes(out);
}

const near = (got: readonly number[], wanted: readonly number[]): void => {
  expect(got).toHaveLength(wanted.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 3);
  });
};

describe('planes of a picture', () => {
  it('are one for each channel, 0 is -1 and 255 is 1', () => {
    const out = new Float32Array(7).fill(9);
    writePlanes(
      image(2, [
        [0, 255, 51],
        [255, 0, 102],
      ]),
      { width: 2, height: 1 },
      out,
      1,
    );
    expect(Array.from(out, (value) => Number(value.toFixed(6)))).toEqual([9, -1, 1, 1, -1, -0.6, -0.2]);
  });

  it('twice as wide: a quarter and three quarters of neighbours', () => {
    const row = planesOf(grey(2, [0, 200]), 4, 1).slice(0, 4);
    near(row, [0, 50, 150, 200]);
  });

  it('twice as high: the same from top to bottom', () => {
    near(planesOf(grey(1, [0, 200]), 1, 4).slice(0, 4), [0, 50, 150, 200]);
  });

  it('half as wide: a triangle of two pixels to each side', () => {
    const row = planesOf(grey(4, [10, 20, 40, 80]), 2, 1).slice(0, 2);
    near(row, [(3 * 10 + 3 * 20 + 40) / 7, (20 + 3 * 40 + 3 * 80) / 7]);
  });

  it('of both sides are the product of those of each', () => {
    const got = planesOf(grey(2, [0, 100, 40, 200]), 4, 4).slice(0, 16);
    const [a, b] = [
      [1, 0.75, 0.25, 0],
      [0, 0.25, 0.75, 1],
    ] as const;
    const wanted = [0, 1, 2, 3].flatMap((y) =>
      [0, 1, 2, 3].map((x) => b[x]! * a[y]! * 100 + a[x]! * b[y]! * 40 + b[x]! * b[y]! * 200),
    );
    near(got, wanted);
  });

  it('in a square are the picture in its middle, black around it', () => {
    near(planesOf(grey(2, [10, 20, 30, 40, 50, 60, 70, 80]), 4, 4, true).slice(0, 16), [
      ...[0, 10, 20, 0],
      ...[0, 30, 40, 0],
      ...[0, 50, 60, 0],
      ...[0, 70, 80, 0],
    ]);
    near(planesOf(grey(4, [10, 20, 30, 40, 50, 60, 70, 80]), 4, 4, true).slice(0, 16), [
      ...[0, 0, 0, 0],
      ...[10, 20, 30, 40],
      ...[50, 60, 70, 80],
      ...[0, 0, 0, 0],
    ]);
    expect(squareAround({ width: 5, height: 2 })).toEqual({ side: 5, left: 0, top: 1 });
    expect(squareAround({ width: 3, height: 10 })).toEqual({ side: 10, left: 3, top: 0 });
  });

  it('in a square that shrinks: margins darken the edge', () => {
    // A white column of 1 x 4 in a square of 4, to 2 x 2: the left half sees columns 0 to 2, weighted 3, 3, 1.
    near(planesOf(grey(1, [255, 255, 255, 255]), 2, 2, true).slice(0, 4), [
      (255 * 3) / 7,
      255 / 7,
      (255 * 3) / 7,
      255 / 7,
    ]);
  });

  it.each([
    [{ width: 2, height: 1, data: new Uint8ClampedArray(5) }, 'image.data: holds 5 bytes, 2 x 1 RGB needs 6'],
    [{ width: 2, height: 1 }, 'image.data: holds no bytes'],
    [{ width: 0, height: 1, data: new Uint8ClampedArray(0) }, 'image: size 0 x 1 must be two whole numbers'],
    [{ width: 1, height: 1.5, data: new Uint8ClampedArray(3) }, 'image: size 1 x 1.5 must be'],
  ])('%j is refused', (given, message) => {
    expect(() => planesOf({ channels: 3, ...given } as RgbImage, 1, 1)).toThrow(message);
  });
});

const layoutOf = (...boxes: Box[]): Layout => ({
  prompt: '',
  objects: boxes.map((box) => ({ phrase: 'a', box })),
});

describe('a mask of boxes', () => {
  /** 4 x 2 cells of 4 pixels; 1 for a cell that is painted anew. */
  function cells(...boxes: Box[]): string[] {
    const source = {
      images: [grey(1, [0])],
      mask: 'boxes',
      strength: 1,
      size: { width: 1, height: 1 },
    } as const;
    const [{ mask }] = sourcePlanes(source, [layoutOf(...boxes)], { width: 16, height: 8 }, 4) as [
      SourcePlanes,
    ];
    expect(mask).toHaveLength(128);
    return [0, 1].map((row) =>
      [0, 1, 2, 3]
        .map((column) => {
          const pixels = [0, 1, 2, 3].flatMap((y) =>
            [0, 1, 2, 3].map((x) => mask![(4 * row + y) * 16 + 4 * column + x]),
          );
          expect(new Set(pixels).size).toBe(1);
          return pixels[0];
        })
        .join(''),
    );
  }

  it.each<[Box, string[]]>([
    [
      [0.25, 0.5, 0.5, 1],
      ['0000', '0100'],
    ],
    [
      [0.3, 0.1, 0.4, 0.2],
      ['0100', '0000'],
    ],
    [
      [0.2, 0.4, 0.6, 0.6],
      ['1110', '1110'],
    ],
    [
      [0, 0, 1, 1],
      ['1111', '1111'],
    ],
    [
      [0.99, 0.99, 1, 1],
      ['0000', '0001'],
    ],
    [
      [0, 0, 0.01, 0.01],
      ['1000', '0000'],
    ],
    // A hair beyond a cell's edge is rounding.
    [
      [0.25 - 1e-9, 0.5 - 1e-9, 0.5 + 1e-9, 1],
      ['0000', '0100'],
    ],
    [
      [0.5, 0, 0.5 + 1e-9, 0.5],
      ['0010', '0000'],
    ],
  ])('%j', (box, expected) => {
    expect(cells(box)).toEqual(expected);
  });

  it('holds all of them', () => {
    expect(cells([0, 0, 0.25, 0.5], [0.75, 0.5, 1, 1])).toEqual(['1000', '0001']);
  });
});

describe('masks that are given', () => {
  const size = { width: 2, height: 2 };
  const masked = (mask: RgbImage | ReturnType<typeof tensor>) =>
    sourcePlanes(
      { images: [grey(2, [0, 255, 0, 255])], mask: [mask], strength: 1, size },
      [layoutOf()],
      size,
      1,
    )[0]!;

  it('of a picture are white from the middle of the range on, by the mean of the channels', () => {
    expect([...masked(grey(2, [127, 128, 0, 255])).mask!]).toEqual([0, 1, 0, 1]);
    const coloured = image(2, [
      [200, 100, 90],
      [255, 60, 60],
      [0, 255, 130],
      [0, 255, 120],
    ]);
    expect([...masked(coloured).mask!]).toEqual([1, 0, 1, 0]);
  });

  it('of a tensor from one half on', () => {
    expect([...masked(tensor([0.5, 0.499, 1, 0], [1, 1, 2, 2])).mask!]).toEqual([1, 0, 1, 0]);
  });

  it('may not have another size as tensors, and must paint something', () => {
    expect(() => masked(tensor([1, 1], [1, 1, 1, 2]))).toThrow(
      'mask: is a tensor of 2 x 1, the picture has 2 x 2; give pictures of 8 bits to have them stretched',
    );
    expect(() => masked(grey(1, [0]))).toThrow('mask: has no white pixel that would be painted anew');
    const given = { images: [grey(1, [0]), grey(1, [0])], strength: 1, size };
    expect(() =>
      sourcePlanes({ ...given, mask: 'boxes' }, [layoutOf([0, 0, 1, 1]), layoutOf()], size, 1),
    ).toThrow('mask: has no object whose box would be painted anew for layouts[1]');
  });

  it('are none where none is given, and pictures are read once', () => {
    const same = grey(2, [0, 255, 0, 255]);
    const [first, second] = sourcePlanes(
      { images: [same, same], strength: 1, size },
      [layoutOf(), layoutOf()],
      size,
      1,
    );
    expect(first).toEqual({ image: first!.image });
    expect(second!.image).toBe(first!.image);
    expect(bytes(first!.image)).toEqual([0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255]);
  });

  it('count for a latent by its first pixel', () => {
    const mask = Float32Array.from([
      ...[1, 0, 0, 1],
      ...[0, 0, 1, 1],
      ...[0, 1, 1, 0],
      ...[1, 1, 0, 0],
      ...[1, 1, 0, 1],
      ...[0, 0, 0, 0],
    ]);
    expect([...latentMask(mask, { width: 4, height: 6 }, 2)]).toEqual([1, 0, 0, 1, 1, 0]);
  });
});

describe('what is kept', () => {
  it('of a picture is all but where the mask is white, byte for byte', () => {
    const planes = new Float32Array(12);
    writePlanes(grey(2, [10, 20, 30, 40]), { width: 2, height: 2 }, planes);
    const painted = image(2, [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
      [11, 12, 13],
    ]);
    const mask = Float32Array.of(1, 0, 0, 1);
    expect([...withKept(painted, { image: planes, mask }).data]).toEqual([
      ...[1, 2, 3],
      ...[20, 20, 20],
      ...[30, 30, 30],
      ...[11, 12, 13],
    ]);
    expect(withKept(painted, { image: planes })).toBe(painted);
  });

  it('of latents is what is known where the mask is 0, and the share between', () => {
    const mix = blended(Float32Array.of(1, 1, 1), Float32Array.of(9, 9, 9), Float32Array.of(1, 0, 0.25));
    expect([...mix]).toEqual([1, 9, 7]);
  });

  it('is given to U-Nets that inpaint: grey where it is painted anew, all of it without a mask', () => {
    const planes = Float32Array.from([1, 2, 3, 4, 5, 6]);
    expect([...maskedImage({ image: planes, mask: Float32Array.of(1, 0) })]).toEqual([0, 2, 0, 4, 0, 6]);
    expect([...maskedImage({ image: planes })]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('a rectangle of a picture', () => {
  const levels = grey(3, [0, 10, 20, 30, 40, 50]);

  it('has its pixels', () => {
    const cut = cropImage(levels, { left: 1, top: 0, width: 2, height: 2 });
    expect(cut).toEqual(grey(2, [10, 20, 40, 50]));
    const [first, ...rest] = bytes(imagePlanes(cut, { width: 2, height: 2 })).map(Math.round);
    expect([first, ...rest.slice(0, 4)]).toEqual([10, 20, 40, 50, 10]);
  });

  it.each([
    [{ left: 3, top: 0, width: 1, height: 1 }, 'rectangle.left: must be a whole number in 0..2, not 3'],
    [{ left: 1, top: 0, width: 3, height: 1 }, 'rectangle.width: must be a whole number in 1..2, not 3'],
    [{ left: 0, top: 0, width: 1, height: 0 }, 'rectangle.height: must be a whole number in 1..2, not 0'],
  ])('that reaches out of it is refused: %j', (rectangle, message) => {
    expect(() => cropImage(levels, rectangle)).toThrow(message);
  });
});
