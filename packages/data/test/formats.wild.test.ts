// Data sets as people and tools write them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DataError,
  type DataIssue,
  issueText,
  type LabelledImage,
  type ReadOptions,
  type ReadYoloOptions,
  readCaptions,
  readCoco,
  readYolo,
} from '../src/index.js';

const image = { id: 1, file_name: 'a.jpg', width: 200, height: 100 };
const dog = { id: 1, image_id: 1, category_id: 3, bbox: [20, 10, 40, 30], area: 1200, iscrowd: 0 };
const data = (annotations: readonly unknown[], more: object = {}) => ({
  images: [image],
  categories: [{ id: 3, name: 'dog' }],
  annotations,
  ...more,
});

interface Read {
  readonly images: readonly LabelledImage[];
  readonly issues: readonly DataIssue[];
  readonly lines: readonly string[];
}

function read(source: unknown, options: ReadOptions = {}): Read {
  const issues: DataIssue[] = [];
  const images = readCoco(source, { ...options, onIssue: (issue) => issues.push(issue) });
  return { images, issues, lines: issues.map(issueText) };
}

/** The lines of the error that reading throws. */
function refused(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    expect(error.message.split('\n')).toEqual(error.issues.map(issueText));
    return error.message.split('\n');
  }
  throw new Error('was not refused');
}

const boxesOf = ({ images }: Read): (readonly number[])[] => images[0]!.objects.map(({ box }) => box);
const DOG_BOX = [0.1, 0.1, 0.3, 0.4];

describe('boxes of COCO', () => {
  it.each([
    ['no height', [20, 10, 40, 0]],
    ['no width', [20, 10, 0, 30]],
    ['a negative width', [60, 10, -40, 30]],
    ['a place outside of the picture', [200, 10, 40, 30]],
    ['a place left of the picture', [-50, 10, 40, 30]],
  ])('with %s are left out and reported', (_, bbox) => {
    const got = read(data([{ ...dog, id: 77, bbox }, dog]));
    expect(boxesOf(got)).toEqual([DOG_BOX]);
    expect(got.issues).toMatchObject([
      { kind: 'leftOut', field: 'annotations[0].bbox', fileName: 'a.jpg', id: '77' },
    ]);
    expect(got.lines[0]).toMatch(/^annotations\[0\].bbox: the box \[.*\] \(corners\) .* \(a\.jpg, id 77\)$/);
  });

  it.each([
    [
      [-6.5, 10, 46.5, 30],
      [0, 0.1, 0.2, 0.4],
    ],
    [
      [150, 60, 62, 60],
      [0.75, 0.6, 1, 1],
    ],
    [
      [-10, -10, 400, 400],
      [0, 0, 1, 1],
    ],
  ])('over the edge are clipped and reported: %j', (bbox, box) => {
    const got = read(data([{ ...dog, bbox }]));
    expect(boxesOf(got)).toEqual([box]);
    expect(got.issues).toMatchObject([{ kind: 'clipped', fileName: 'a.jpg', id: '1' }]);
  });

  it('over the edge by rounding alone are clipped without a word', () => {
    const got = read(data([{ ...dog, bbox: [160.005, 50, 40, 50.001] }]));
    expect(boxesOf(got)).toEqual([[160.005 / 200, 0.5, 1, 1]]);
    expect(got.issues).toEqual([]);
  });

  it('over the edge by more than a hundredth of a pixel are reported', () => {
    expect(read(data([{ ...dog, bbox: [160.012, 50, 40, 50] }])).issues).toMatchObject([{ kind: 'clipped' }]);
  });

  it('are all refused where the reading is strict', () => {
    const source = data([
      dog,
      { ...dog, id: 8, bbox: [0, 0, 0, 5] },
      { ...dog, id: 9, bbox: [150, 0, 90, 5] },
    ]);
    const lines = refused(() => readCoco(source, { strict: true }));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^annotations\[1\].bbox: .* has no area; .*id 8\)$/);
    expect(lines[1]).toMatch(/^annotations\[2\].bbox: .* leaves the picture of 200 x 100; .*id 9\)$/);
  });

  it('come from polygons where there is none', () => {
    const segmentation = [
      [20, 10, 60, 10, 60, 40],
      [30, 15, 31, 15, 31, '16.5'],
    ];
    for (const bbox of [undefined, null, []]) {
      expect(boxesOf(read(data([{ ...dog, bbox, segmentation }])))).toEqual([DOG_BOX]);
    }
    const elsewhere = [[0, 0, 200, 0, 200, 100]];
    expect(boxesOf(read(data([{ ...dog, segmentation: elsewhere }])))).toEqual([DOG_BOX]);
    const long = [Array.from({ length: 400_000 }, (_, i) => (i % 2 === 0 ? 20 + (i % 41) : 10 + (i % 31)))];
    expect(boxesOf(read(data([{ ...dog, bbox: null, segmentation: long }])))).toEqual([DOG_BOX]);
    const runs = { counts: [1, 2], size: [100, 200] };
    expect(refused(() => readCoco(data([{ ...dog, bbox: null, segmentation: runs }])))[0]).toMatch(
      /^annotations\[0\].segmentation: only polygons can stand in for a missing bbox/,
    );
    expect(refused(() => readCoco(data([{ ...dog, bbox: null, segmentation: [[1, 2, 3]] }])))[0]).toMatch(
      /segmentation\[0\]: must hold 6 or more numbers/,
    );
  });

  it('of the same object again are left out', () => {
    const got = read(
      data([dog, dog, { ...dog, category_id: 4 }], {
        categories: [
          { id: 3, name: 'dog' },
          { id: 4, name: 'cat' },
        ],
      }),
    );
    expect(got.images[0]!.objects.map(({ label }) => label)).toEqual(['dog', 'cat']);
    expect(got.lines).toEqual(['annotations[1].bbox: the same dog is there already (a.jpg, id 1)']);
  });
});

describe('fields of COCO in other forms', () => {
  it.each([
    [true, 0],
    [1, 0],
    ['1', 0],
    ['1.0', 0],
    ['true', 0],
    ['True', 0],
    [' YES ', 0],
    [false, 1],
    [0, 1],
    ['0', 1],
    ['false', 1],
    ['False', 1],
    ['', 1],
    [null, 1],
    [undefined, 1],
  ])('iscrowd of %j keeps %d object', (iscrowd, kept) => {
    expect(boxesOf(read(data([{ ...dog, iscrowd }])))).toHaveLength(kept);
  });

  it.each([2, -1, 0.5, 'maybe', 'nan', [], [1], {}, Number.NaN])('iscrowd of %j is refused', (iscrowd) => {
    expect(refused(() => readCoco(data([{ ...dog, iscrowd }])))[0]).toMatch(
      /^annotations\[0\].iscrowd: must be 0 or 1, is /,
    );
  });

  it.each([1, '1', true])('regions to ignore (%j) are left out', (ignore) => {
    expect(boxesOf(read(data([dog, { ...dog, id: 2, bbox: [1, 1, 9, 9], ignore }])))).toEqual([DOG_BOX]);
    expect(boxesOf(read(data([{ ...dog, ignore: 0 }])))).toEqual([DOG_BOX]);
  });

  it('images of LVIS are named by the folder and the file of their address', () => {
    const url = 'http://images.cocodataset.org/train2017/000000000001.jpg';
    const { file_name: _, ...lvis } = { ...image, coco_url: url };
    const names = (images: readonly unknown[]) =>
      readCoco(data([dog], { images })).map(({ fileName }) => fileName);
    for (const none of [undefined, null, '']) {
      expect(names([{ ...lvis, file_name: none }])).toEqual(['train2017/000000000001.jpg']);
    }
    expect(names([{ ...lvis, coco_url: `${url}?size=1#top` }])).toEqual(['train2017/000000000001.jpg']);
    expect(names([{ ...image, coco_url: url }])).toEqual(['a.jpg']);
    for (const bad of ['1.jpg', 'http://x.org/1.jpg', 'http://x.org/a/../', 'http://x.org/../1.jpg', 7, '']) {
      expect(refused(() => names([{ ...lvis, coco_url: bad }]))[0]).toMatch(/^images\[0\]\.coco_url: must /);
    }
    expect(refused(() => names([{ ...image, file_name: undefined }]))[0]).toMatch(
      /^images\[0\]\.file_name: must be a text .*missing/,
    );
    const captions = { images: [lvis], annotations: [{ image_id: 1, caption: 'a dog' }] };
    expect([...readCaptions(captions, data([dog], { images: [lvis] }))]).toEqual([
      ['train2017/000000000001.jpg', 'a dog'],
    ]);
  });

  it('ids may be larger than numbers are exact, unless two become one', () => {
    const [uuid, time] = [3.3276e38, 1532402927604844500];
    const more = { id: time };
    const got = read(data([{ ...dog, id: uuid, image_id: time }], { images: [{ ...image, ...more }] }));
    expect(boxesOf(got)).toEqual([DOG_BOX]);
    const images = [
      { ...image, ...more },
      { ...image, id: time + 1, file_name: 'next.jpg' },
    ];
    expect(refused(() => readCoco(data([], { images })))).toEqual([
      expect.stringMatching(
        /^images\[1\]\.id: 15324.* is used twice, .*beyond 2\^53 are rounded, so write such ids as/,
      ),
    ]);
  });

  it.each([
    ['texts for ids', { id: '7', image_id: 'img', category_id: '3' }, { id: 'img' }],
    ['a text for the number of an image', { image_id: '1' }, {}],
    ['a text with a point', { image_id: '1.0', category_id: '3.0' }, {}],
    ['texts for numbers', { bbox: ['20', '10.0', '4e1', ' 30 '] }, { width: '200', height: '100.0' }],
    ['no id', { id: undefined }, {}],
    [
      'nulls where there may be nothing',
      { phrase: null, iscrowd: null, segmentation: null },
      { caption: null },
    ],
  ])('%s are understood', (_, annotation, more) => {
    const got = read(data([{ ...dog, ...annotation }], { images: [{ ...image, ...more }] }));
    expect(boxesOf(got)).toEqual([DOG_BOX]);
    expect(got.images[0]).toMatchObject({ width: 200, height: 100 });
    expect(got.issues).toEqual([]);
  });

  it('ids that are texts with leading zeros are no numbers', () => {
    const images = [image, { ...image, id: '01', file_name: 'b.jpg' }];
    const got = readCoco(data([{ ...dog, image_id: '01' }], { images }));
    expect(got.map(({ objects }) => objects.length)).toEqual([0, 1]);
  });

  it.each([
    ['an image', { image_id: 9 }, 'annotations[0].image_id: there is no image with the id 9 (id 1)'],
    [
      'a category',
      { category_id: '9' },
      'annotations[0].category_id: there is no category with the id "9" (a.jpg, id 1)',
    ],
    [
      'a number',
      { bbox: [1, 'NaN', 3, 4] },
      'annotations[0].bbox[1]: must be a finite number, is "NaN" (a.jpg, id 1)',
    ],
    ['a box', { bbox: null }, 'annotations[0].bbox: must be an array, is null (a.jpg, id 1)'],
    [
      'a flag for a number',
      { bbox: [1, true, 3, 4] },
      'annotations[0].bbox[1]: must be a finite number, is true (a.jpg, id 1)',
    ],
    ['half an id', { image_id: 1.5 }, 'annotations[0].image_id: must be an integer or a text, is 1.5 (id 1)'],
  ])('%s that is none is named', (_, change, line) => {
    expect(refused(() => readCoco(data([{ ...dog, ...change }])))).toEqual([line]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('a name of %d is none', (name) => {
    expect(refused(() => readCoco(data([dog], { categories: [{ id: 3, name }] })))).toEqual([
      expect.stringMatching(/^categories\[0\]\.name: must be a text that is not empty, is (NaN|Infinity)/),
    ]);
  });

  it('category ids may have gaps, and names may be numbers', () => {
    const categories = [
      { id: 90, name: 'cat' },
      { id: 3, name: 7 },
    ];
    expect(
      readCoco(data([dog, { ...dog, category_id: 90 }], { categories }))[0]!.objects.map((o) => o.label),
    ).toEqual(['7', 'cat']);
  });

  it('entries that are there twice are one, others of one id are refused', () => {
    const categories = [
      { id: 3, name: 'dog' },
      { id: 3, name: 'dog' },
    ];
    expect(read(data([dog], { categories, images: [image, { ...image }] })).images).toHaveLength(1);
    const other = [...categories, { id: 3, name: 'cat' }];
    expect(refused(() => readCoco(data([dog], { categories: other })))).toEqual([
      'categories[2].id: 3 is used twice, for different entries; it must be unique (id 3)',
    ]);
  });

  it('a byte-order mark is passed over, and the NaN of Python is no number', () => {
    expect(boxesOf(read(`\uFEFF${JSON.stringify(data([dog]))}`))).toEqual([DOG_BOX]);
    const text = JSON.stringify(data([{ ...dog, bbox: [1, 2, 3, 'X'] }, dog])).replace('"X"', 'NaN');
    expect(refused(() => readCoco(text))[0]).toMatch(
      /^annotations\[0\].bbox\[3\]: must be a finite number, is null, NaN or infinite/,
    );
    expect(boxesOf(read(text, { skipBad: true }))).toEqual([DOG_BOX]);
    const wide = JSON.stringify(data([dog])).replace('"width":200', '"width":NaN');
    expect(refused(() => readCoco(wide))[0]).toMatch(/images\[0\]\.width: .*is null, NaN or infinite/);
  });
});

describe('what cannot be understood', () => {
  const source = data(
    [
      { ...dog, category_id: 99 },
      dog,
      { ...dog, id: 2, image_id: 5 },
      { ...dog, id: 3, image_id: 2 },
      null,
      { ...dog, id: 4, category_id: 8 },
    ],
    {
      images: [image, { ...image, id: 2, width: 0 }],
      categories: [
        { id: 3, name: 'dog' },
        { id: 8, name: '' },
      ],
    },
  );
  const lines = [
    'categories[1].name: must be a text that is not empty, is "" (id 8)',
    'images[1].width: must be an integer of at least 1, is 0 (id 2)',
    'annotations[0].category_id: there is no category with the id 99 (a.jpg, id 1)',
    'annotations[2].image_id: there is no image with the id 5 (id 2)',
    'annotations[4]: must be an object, is null',
  ];

  it('is listed all at once, and once', () => {
    expect(refused(() => readCoco(source))).toEqual(lines);
  });

  it('is left out where that is asked for', () => {
    const got = read(source, { skipBad: true });
    expect(got.lines).toEqual(lines);
    expect(got.images.map(({ fileName }) => fileName)).toEqual(['a.jpg']);
    expect(boxesOf(got)).toEqual([DOG_BOX]);
    const strict = refused(() =>
      readCoco(data([{ ...dog, bbox: [0, 0, 0, 1] }, null]), { skipBad: true, strict: true }),
    );
    expect(strict).toHaveLength(1);
  });
});

describe('rows of YOLO', () => {
  const labels = ['dog', 'cat'];
  const rows = (text: string, options: ReadYoloOptions = {}) => {
    const issues: string[] = [];
    const objects = readYolo(text, labels, { ...options, onIssue: (issue) => issues.push(issueText(issue)) });
    return { objects, issues };
  };

  it.each([
    ['a hair over the bottom', '0 0.304017 0.500281 0.608034 1.000437', [0, 0.0000625, 0.608034, 1]],
    ['a hair over the right', '0 0.950300 0.5 0.1002 0.2', [0.9002, 0.4, 1, 0.6]],
    ['a hair over the left', '1 0.0002 0.4 0.0012 0.3', [0, 0.25, 0.0008, 0.55]],
  ])('%s are cut at the edge', (_, line, box) => {
    const { objects, issues } = rows(line);
    objects[0]!.box.forEach((edge, k) => {
      expect(edge).toBeCloseTo(box[k]!, 9);
    });
    expect(objects[0]!.box.every((edge) => edge >= 0 && edge <= 1)).toBe(true);
    expect(issues.every((issue) => issue.startsWith('line 1: '))).toBe(true);
  });

  it.each([
    ['far over the edge', '0 0.9 0.5 0.9 0.2'],
    ['over the right by more than 0.05', '0 0.9 0.5 0.302 0.2'],
    ['over the left by more than 0.05', '0 0.1 0.5 0.302 0.2'],
    ['over the bottom by more than 0.05', '0 0.5 0.9 0.2 0.302'],
    ['over the top by more than 0.05', '0 0.5 0.1 0.2 0.302'],
    ['in pixels', '0 320 240 100 80'],
    ['outside', '0 1.4 0.5 0.1 0.1'],
  ])('%s are refused', (_, line) => {
    expect(refused(() => rows(line))[0]).toMatch(/^line 1: the box leaves the picture; .* fractions/);
  });

  it.each([
    ['no width', '0 0.5 0.5 0 0.2'],
    ['a negative height', '0 0.5 0.5 0.2 -0.2'],
  ])('with %s are left out', (_, line) => {
    const { objects, issues } = rows(`${line}\n1 0.5 0.5 0.2 0.2`);
    expect(objects.map(({ label }) => label)).toEqual(['cat']);
    expect(issues[0]).toMatch(/^line 1: the box \[.*\] \(corners\) has no area/);
    expect(refused(() => rows(line, { strict: true }))).toHaveLength(1);
  });

  it.each([
    ['right', '0 0.9 0.5 0.299 0.2', [0.7505, 0.4, 1, 0.6]],
    ['left', '0 0.1 0.5 0.299 0.2', [0, 0.4, 0.2495, 0.6]],
    ['bottom', '0 0.5 0.9 0.2 0.299', [0.4, 0.7505, 0.6, 1]],
    ['top', '0 0.5 0.1 0.2 0.299', [0.4, 0, 0.6, 0.2495]],
  ])('over the %s by less than 0.05 are cut, and reported', (_, line, box) => {
    const { objects, issues } = rows(line);
    expect(objects[0]!.box.map((edge) => Number(edge.toFixed(9)))).toEqual(box);
    expect(issues).toEqual([expect.stringMatching(/^line 1: .*cut off at the edge$/)]);
  });

  it('may have a mark, ends of other systems, spaces, tabs, a class as 0.0 and a confidence', () => {
    const text = '\uFEFF0 0.5 0.5 0.2 0.2  \r\n\r\n\t1.0\t0.5 0.5 0.2 0.4 0.87\r1 0.25 0.5 0.5 1e-1\n';
    expect(rows(text).objects.map(({ label }) => label)).toEqual(['dog', 'cat', 'cat']);
  });

  it.each([
    ['behind confidences', '0 0.5 0.5 0.2 0.2 0.9 1\n1 0.5 0.5 0.2 0.4 0.8 12'],
    ['behind boxes', '0 0.5 0.5 0.2 0.2 1\n1 0.5 0.5 0.2 0.4 2'],
  ])('pass over the numbers of tracks %s', (_, text) => {
    const { objects } = rows(text);
    const rounded = objects.map(({ box }) => box.map((edge) => Number(edge.toFixed(9))));
    expect(rounded).toEqual([
      [0.4, 0.4, 0.6, 0.6],
      [0.4, 0.3, 0.6, 0.7],
    ]);
  });

  it('of a polygon give the box around it', () => {
    const { objects } = rows('1 0.1 0.2 0.5 0.2 0.4 0.75');
    expect(objects).toEqual([{ label: 'cat', box: [0.1, 0.2, 0.5, 0.75] }]);
    expect(rows('0 0.1 0.2 0.5 0.2 0.5 0.6 0.1 0.6').objects[0]!.box).toEqual([0.1, 0.2, 0.5, 0.6]);
  });

  const POSE = '0 0.5 0.5 0.4 0.6 0.45 0.35 0.55 0.35';
  const FIVE = `${POSE} 0.5 0.45 0.4 0.7 0.6 0.7`;
  const BOX = [0.3, 0.2, 0.7, 0.8];
  const boxesIn = (text: string, options?: ReadYoloOptions) =>
    rows(text, options).objects.map(({ box }) => box.map((edge) => Number(edge.toFixed(9))));

  it.each([
    ['two keypoints', POSE, 'a polygon of 4 points or a box with keypoints; .*kpt_shape'],
    ['one keypoint', '0 0.5 0.5 0.4 0.6 0.45 0.35', 'a polygon of 3 points or a box with keypoints; .*'],
    ['five keypoints, one unseen', `${FIVE} 0 0`, 'a polygon of 8 points or a box with keypoints; .*'],
    [
      'twelve keypoints, whose outline would cross itself',
      `${FIVE} 0.35 0.5 0.65 0.5 0.35 0.6 0.65 0.6 0.4 0.75 0.6 0.25 0.5 0.3`,
      'a polygon of 14 points or a box with keypoints; .*',
    ],
    [
      'keypoints and whether they are seen',
      '0 0.5 0.5 0.4 0.6 0.45 0.35 1 0.55 0.35 0',
      'a polygon of 5 points or a box',
    ],
    [
      'a confidence and the first track',
      '0 0.5 0.5 0.2 0.2 0.9 1',
      'confidence and track; .*polygons: false',
    ],
  ])('of a box with %s are refused where they may be polygons', (_, line, message) => {
    expect(refused(() => rows(`\n${line}`))).toEqual([
      expect.stringMatching(new RegExp(`^line 2: may be .*${message}`)),
    ]);
    expect(rows(line, { polygons: true }).objects).toHaveLength(1);
  });

  it.each<[string, string, readonly [number, number]]>([
    ['in pairs', POSE, [2, 2]],
    ['in pairs, and a confidence', `${POSE} 0.9`, [2, 2]],
    ['in pairs, a confidence and a track', `${POSE} 0.9 1`, [2, 2]],
    ['in pairs, and a track', `${POSE} 12`, [2, 2]],
    ['in threes', '0 0.5 0.5 0.4 0.6 0.45 0.35 2 0.55 0.35 1', [2, 3]],
    ['outside of the box', '0 0.5 0.5 0.4 0.6 0.1 0.1', [1, 2]],
    ['that are not there', '0 0.5 0.5 0.4 0.6', [2, 2]],
    ['that are not there, and a track', '0 0.5 0.5 0.4 0.6 0.9 1', [2, 2]],
  ])('with keypoints %s give the box where kpt_shape is told', (_, line, keypoints) => {
    expect(boxesIn(line, { keypoints })).toEqual([BOX]);
  });

  it.each([
    ['a column too many', `${POSE} 0.9 1 1`, 'must hold 5 numbers .* or 9 with'],
    ['half a keypoint', '0 0.5 0.5 0.4 0.6 0.45 0.35 0.5', 'must hold 5 numbers'],
    ['a confidence of 1.5', `${POSE} 1.5`, 'the last number, a confidence'],
  ])('with keypoints and %s are refused', (_, line, message) => {
    expect(refused(() => rows(line, { keypoints: [2, 2] }))).toEqual([
      expect.stringMatching(`^line 1: ${message}`),
    ]);
  });

  it('are boxes with confidence and track, or none, where they are no polygons', () => {
    const polygons = false;
    expect(boxesIn('0 0.5 0.5 0.4 0.6 0.9 1', { polygons })).toEqual([BOX]);
    expect(boxesIn('0 0.5 0.5 0.4 0.6 0.9\n1 0.5 0.5 0.4 0.6 7', { polygons })).toEqual([BOX, BOX]);
    for (const line of [POSE, '0 0.5 0.5 0.4 0.6 0.9 0.8']) {
      expect(refused(() => rows(line, { polygons }))[0]).toMatch(/^line 1: must hold 5 numbers \(/);
    }
  });

  it.each([
    ['a turned box', '0 0.5 0.4 0.6 0.5 0.5 0.6 0.4 0.5', [[0.4, 0.4, 0.6, 0.6]]],
    ['a coordinate of 1.0', '0 0.5 0.5 0.4 0.6 0.9 1.0', undefined],
    [
      'a line that is none of a box',
      '0 0.5 0.5 0.4 0.6 0.45 0.4 0.5 0.4\n0 0.8 0.8 0.9 0.8 0.9 0.9 0.8 0.95',
      [
        [0.4, 0.4, 0.5, 0.6],
        [0.8, 0.8, 0.9, 0.95],
      ],
    ],
    [
      'lines of several lengths',
      '0 0.5 0.5 0.4 0.6 0.45 0.4 0.5 0.4\n1 0.5 0.5 0.4 0.6 0.45 0.4',
      [
        [0.4, 0.4, 0.5, 0.6],
        [0.4, 0.4, 0.5, 0.6],
      ],
    ],
    [
      'a long outline that does not cross itself',
      `0 ${Array.from({ length: 40 }, (_, i) => [0.5 + 0.1 * Math.cos(i / 6.4), 0.5 + 0.1 * Math.sin(i / 6.4)].map((value) => value.toFixed(6)).join(' ')).join(' ')}`,
      undefined,
    ],
  ])('are polygons where a file has %s', (_, text, boxes) => {
    const read = boxesIn(text);
    expect(read).toEqual(boxes ?? boxesIn(text, { polygons: true }));
  });

  it('refuse options of other kinds by name', () => {
    expect(() => rows('', { polygons: 1 as never })).toThrow(/^options\.polygons: /);
    expect(() => rows('', { keypoints: 17 as never })).toThrow(/^options\.keypoints: /);
    expect(() => rows('', { keypoints: [17, 4] })).toThrow(/^options\.keypoints\[1\]: /);
    expect(() => rows('', { keypoints: [17, 2], polygons: true })).toThrow(/^options\.polygons: /);
  });

  it('that cannot be understood are listed all at once, or left out', () => {
    const text =
      '0 0.5 0.5 0.2\n1 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.2 0.2\n0 NaN 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2 0.9 0.9 1\n0 0.5 0.5 0.2 0.2 1.5';
    expect(refused(() => rows(text)).map((line) => line.slice(0, 31))).toEqual([
      'line 1: must hold 5 numbers (cl',
      'line 3: class 7 must be an inte',
      'line 4: "NaN" is not a finite n',
      'line 5: must hold 5 numbers (cl',
      'line 6: the sixth number, a con',
    ]);
    const { objects, issues } = rows(text, { skipBad: true });
    expect(objects).toHaveLength(1);
    expect(issues).toHaveLength(5);
  });
});

describe('whatever is read', () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      0,
      1,
      '1',
      true,
      false,
      null,
      'true',
      '',
      1.5,
      -1,
      1e308,
      [],
      {},
      'x',
      Number.NaN,
    ),
    fc.array(fc.oneof(fc.double(), fc.integer({ min: -300, max: 300 }), fc.constantFrom('5', null)), {
      maxLength: 8,
    }),
    fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 2 }),
  );
  const entry = fc.record(
    Object.fromEntries(
      [
        'id',
        'image_id',
        'category_id',
        'bbox',
        'iscrowd',
        'segmentation',
        'phrase',
        'name',
        'file_name',
        'width',
        'height',
        'caption',
      ].map((key) => [key, value]),
    ),
    { requiredKeys: [] },
  );
  const entries = fc.array(
    fc.oneof(
      entry,
      entry.map((more) => ({ ...dog, ...more })),
      fc.anything(),
    ),
    { maxLength: 5 },
  );
  const pictures = fc.array(
    fc.oneof(
      fc.constant(image),
      entry.map((more) => ({ ...image, ...more })),
    ),
    { maxLength: 3 },
  );

  it('skipping never fails, and every box lies in its picture', () => {
    const property = fc.property(entries, pictures, (annotations, images) => {
      const got = read(data(annotations, { images }), { skipBad: true });
      for (const { objects, width, height } of got.images) {
        expect(width >= 1 && height >= 1).toBe(true);
        for (const {
          label,
          box: [x0, y0, x1, y1],
        } of objects) {
          expect(label).toBe('dog');
          expect(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= 1 && y1 <= 1).toBe(true);
        }
      }
      const bad = got.issues.filter(({ kind }) => kind === 'bad');
      if (bad.length > 0)
        expect(refused(() => readCoco(data(annotations, { images })))).toEqual(bad.map(issueText));
    });
    fc.assert(property, { seed: 4, numRuns: 1000 });
  });
});
