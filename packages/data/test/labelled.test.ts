// Boxes in their pictures, and what messages show of them, by hand.

import type { Box } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { issueText, uprightAnnotations, writeCoco, writeVoc, writeYolo } from '../src/index.js';
import { shortText } from '../src/issues.js';
import { boxAround, fittedBox } from '../src/labelled.js';

describe('a box fitted into a picture of 200 x 100', () => {
  const fitted = (...corners: Box) => fittedBox(corners, 200, 100, 0.5);

  it('has each edge as a fraction of its own side', () => {
    expect(fitted(20, 30, 60, 80)).toEqual({ box: [0.1, 0.3, 0.3, 0.8] });
  });

  it.each<readonly [edge: string, within: Box, box: Box, beyond: Box]>([
    ['left', [-0.5, 10, 50, 20], [0, 0.1, 0.25, 0.2], [-0.51, 10, 50, 20]],
    ['top', [10, -0.5, 50, 20], [0.05, 0, 0.25, 0.2], [10, -0.51, 50, 20]],
    ['right', [10, 10, 200.5, 20], [0.05, 0.1, 1, 0.2], [10, 10, 200.51, 20]],
    ['bottom', [10, 10, 50, 100.5], [0.05, 0.1, 0.25, 1], [10, 10, 50, 100.51]],
  ])('over the %s edge is cut, and more than the rounding is reported', (_, within, box, beyond) => {
    expect(fitted(...within)).toEqual({ box });
    expect(fitted(...beyond)).toEqual({
      box,
      clipped: `the box [${beyond.join(', ')}] (corners) leaves the picture of 200 x 100; it is cut off at the edge`,
    });
  });

  it.each<readonly [corners: Box, words: string]>([
    [[50, 10, 50, 20], 'has no area'],
    [[50, 10, 49, 20], 'has no area'],
    [[50, 20, 60, 20], 'has no area'],
    [[50, 20, 60, 10], 'has no area'],
    [[200, 10, 210, 20], 'leaves the picture of 200 x 100 wholly'],
    [[-9, 10, 0, 20], 'leaves the picture of 200 x 100 wholly'],
    [[50, 100, 60, 120], 'leaves the picture of 200 x 100 wholly'],
    [[50, -9, 60, 0], 'leaves the picture of 200 x 100 wholly'],
  ])('%j %s', (corners, words) => {
    const { box, leftOut } = fitted(...corners) as { box?: undefined; leftOut: string };
    expect(box).toBeUndefined();
    expect(leftOut).toContain(words);
  });

  it('is shown to three digits', () => {
    expect(fitted(-1.23456, 0, 7.00049, 9)).toMatchObject({
      clipped: expect.stringContaining('[-1.235, 0, 7, 9]'),
    });
  });

  it('stands around the outermost points', () => {
    expect(boxAround([3, 1, 2], [7, 9, 8])).toEqual([1, 7, 3, 9]);
  });
});

describe('long names in messages', () => {
  const name = `${'a'.repeat(80)}${'b'.repeat(100)}${'c'.repeat(80)}`;

  it('are shown by both ends, 80 letters of each', () => {
    expect(shortText(name)).toBe(`${'a'.repeat(80)}...${'c'.repeat(80)}`);
    expect(shortText('x'.repeat(160))).toBe('x'.repeat(160));
    expect(shortText('x'.repeat(161))).toHaveLength(163);
  });

  it('are short in what an issue says, and are not said twice', () => {
    expect(issueText({ kind: 'bad', field: 'f', message: 'm', fileName: 'a.jpg', id: '7' })).toBe(
      'f: m (a.jpg, id 7)',
    );
    expect(issueText({ kind: 'bad', field: 'images[2] (a.jpg)', message: 'm', fileName: 'a.jpg' })).toBe(
      'images[2] (a.jpg): m',
    );
    expect(issueText({ kind: 'bad', field: 'f', message: 'm', fileName: name, id: name })).toBe(
      `f: m (${shortText(name)}, id ${shortText(name)})`,
    );
  });
});

describe('an object of [0.1, 0.2, 0.4, 0.8] in a picture of 200 x 100', () => {
  const image = {
    fileName: 'a.png',
    width: 200,
    height: 100,
    objects: [{ label: 'cat', box: [0.1, 0.2, 0.4, 0.8] as const }],
  };

  it('is centre and size in YOLO, its class counted from 0', () => {
    expect(writeYolo(image.objects, ['dog', 'cat'])).toBe('1 0.250000 0.500000 0.300000 0.600000\n');
  });

  it('is corner and size in pixels in COCO, its category counted from 1', () => {
    const { annotations, categories, images } = writeCoco([image], ['dog', 'cat']);
    const [flat] = writeCoco(
      [{ ...image, objects: [{ label: 'cat', box: [0, 0, 1, 0.5] }] }],
      ['cat'],
    ).annotations;
    expect(flat).toMatchObject({ bbox: [0, 0, 200, 50], area: 10_000 });
    const [{ bbox, ...rest }] = annotations as [(typeof annotations)[number]];
    expect(bbox.map((value) => Number(value.toFixed(9)))).toEqual([20, 20, 60, 60]);
    expect(rest).toMatchObject({ id: 1, image_id: 1, category_id: 2, iscrowd: 0 });
    expect(rest.area).toBeCloseTo(3600, 6);
    expect(categories).toEqual([
      { id: 1, name: 'dog' },
      { id: 2, name: 'cat' },
    ]);
    expect(images).toEqual([{ id: 1, file_name: 'a.png', width: 200, height: 100 }]);
  });

  it('is first and last pixel in Pascal VOC, and truncated at none of the four edges', () => {
    const xml = writeVoc(image, 'f');
    expect(xml.match(/<(xmin|ymin|xmax|ymax|truncated)>\d+/g)).toEqual([
      '<truncated>0',
      '<xmin>21',
      '<ymin>21',
      '<xmax>80',
      '<ymax>80',
    ]);
    expect(xml).toContain('<width>200</width>\n    <height>100</height>\n    <depth>3</depth>');
  });

  it.each([
    [0, 0.2, 0.4, 0.8],
    [0.1, 0, 0.4, 0.8],
    [0.1, 0.2, 1, 0.8],
    [0.1, 0.2, 0.4, 1],
  ] as const)('is truncated in Pascal VOC where it reaches an edge: %d %d %d %d', (...box) => {
    expect(writeVoc({ ...image, objects: [{ label: 'cat', box }] }, 'f')).toContain('<truncated>1<');
  });
});

describe('annotations of a stored picture in the upright one', () => {
  const box: Box = [0.1, 0.2, 0.4, 0.7];
  const picture = { width: 60, height: 40, objects: [{ label: 'dog', box }] };
  const [as, turned] = [
    { width: 60, height: 40 },
    { width: 40, height: 60 },
  ];
  const rounded = (boxes: readonly { readonly box: Box }[]) =>
    boxes.map(({ box: edges }) => edges.map((edge) => Number(edge.toFixed(9))));

  // EXIF: 5 mirrored on the main diagonal, 6 a quarter clockwise, 7 the other diagonal, 8 a quarter back.
  it.each([
    [5, [0.2, 0.1, 0.7, 0.4]],
    [6, [0.3, 0.1, 0.8, 0.4]],
    [7, [0.3, 0.6, 0.8, 0.9]],
    [8, [0.2, 0.6, 0.7, 0.9]],
  ])('by orientation %d, crowds as well', (orientation, expected) => {
    const crowded = { ...picture, crowds: [{ label: 'cat', box }] };
    const found = uprightAnnotations(crowded, { upright: turned, orientation });
    if (found.picture === undefined) throw new Error(found.misfit);
    const { objects, crowds, ...size } = found.picture;
    expect([size, rounded(objects), rounded(crowds)]).toEqual([turned, [expected], [expected]]);
    expect(objects[0]!.label).toBe('dog');
    expect(found.turned).toContain('are of 60 x 40 pixels, EXIF turns the picture to 40 x 60');
  });

  it.each([
    [as, 1],
    [as, 6],
  ])('of %j by orientation %d are those that were given', (upright, orientation) => {
    expect(uprightAnnotations(picture, { upright, orientation })).toEqual({ picture });
  });

  it.each([
    [turned, 1],
    [turned, 3],
    [{ width: 41, height: 60 }, 6],
    [{ width: 30, height: 20 }, 1],
  ])('of %j by orientation %d do not fit', (upright, orientation) => {
    const { misfit } = uprightAnnotations(picture, { upright, orientation }) as { misfit?: string };
    expect(misfit).toMatch(
      /^the annotations say 60 x 40 pixels, the file has \d+ x \d+; boxes would not fit$/,
    );
  });

  it('are refused by their fields', () => {
    const stored = { upright: as, orientation: 1 };
    for (const [given, message, head = stored] of [
      [{ ...picture, width: 0 }, 'picture.width: must be'],
      [{ ...picture, objects: [{}] }, 'picture.objects[0].box'],
      [{ ...picture, crowds: [{}] }, 'picture.crowds[0].box'],
      [picture, 'stored.upright.height: must be', { ...stored, upright: { width: 1 } }],
      [picture, 'stored.orientation: must be', { upright: as }],
    ] as const) {
      expect(() => uprightAnnotations(given as never, head as never)).toThrow(message);
    }
  });
});
