import { type Box, iou, type RgbImage } from '@spatiallock/core';
import {
  differenceHash,
  drawLayout,
  nearDuplicates,
  parseSpecification,
  parseSplits,
  splitsOf,
  writeCoco,
  writeDataYaml,
  writeVoc,
} from '@spatiallock/data';
import { writeShard } from '@spatiallock/data/webdataset';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

describe('specification', () => {
  test('needs a count and classes, and has defaults for the rest', () => {
    expect(parseSpecification({ count: 2, classes: ['dog', 'owl'] })).toEqual({
      count: 2,
      seed: 0,
      classes: [
        { label: 'dog', share: 1, phrases: ['a dog'] },
        { label: 'owl', share: 1, phrases: ['an owl'] },
      ],
      objects: [1, 4],
      size: [0.2, 0.5],
      aspect: [0.67, 1.5],
      overlap: 0.1,
      backgrounds: [''],
      captions: ['{objects} {background}'],
    });
  });

  test.each([
    [{}, /count/],
    [{ count: 1 }, /classes/],
    [{ count: 1, classes: [] }, /classes: is empty/],
    [{ count: 1, classes: { dog: 0 } }, /every share is 0/],
    [{ count: 1, classes: { dog: -1 } }, /classes\.dog/],
    [{ count: 1, classes: { dog: { phrase: ['x'] } } }, /phrase.*phrases/],
    [{ count: 1, classes: ['dog', 'dog'] }, /dog.*twice/],
    [{ count: 1, classes: ['dog'], objects: [3, 2] }, /objects: 3 is more than 2/],
    [{ count: 1, classes: ['dog'], objects: [1.5, 2] }, /whole numbers/],
    [{ count: 1, classes: ['dog'], size: [0, 2] }, /size\[0\]/],
    [{ count: 1, classes: ['dog'], size: [0.1, 0.2, 0.3] }, /size: must be two numbers/],
    [{ count: 1, classes: ['dog'], size: 'ab' }, /size: must be two numbers/],
    [{ count: 1, classes: ['dog'], seed: 2 ** 32 }, /seed/],
    [{ count: 1, classes: ['dog'], captions: ['a photo'] }, /\{objects\}/],
    [{ count: 1, classes: ['dog'], sise: [0.1, 0.2] }, /sise.*size/],
    ['{"count": 1,', /specification/],
    [
      { count: 1, classes: ['dog'], captions: ['{objects}', '{objects} {backgruond}'] },
      /captions\[1\]: "\{backgruond\}" is not known.*did you mean.*\{background\}/,
    ],
  ])('%j is refused', (json, message) => {
    expect(() => parseSpecification(json)).toThrow(message);
  });
});

test('the largest seed is 2^32 - 1', () => {
  expect(parseSpecification({ count: 1, classes: ['dog'], seed: 2 ** 32 - 1 }).seed).toBe(4_294_967_295);
});

describe('drawn layouts', () => {
  const unit = fc.double({ min: 0.02, max: 0.9, noNaN: true });
  const pair = fc.tuple(unit, unit).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

  test('keep to their specification, and are the same again', () => {
    fc.assert(
      fc.property(pair, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000), (size, overlap, seed) => {
        const specification = parseSpecification({
          ...{ count: 4, seed, size, overlap, objects: [2, 5] },
          classes: { dog: 3, cat: { share: 1, phrases: ['a kitten'] }, never: 0 },
          captions: ['a photo of {objects} {background}'],
          backgrounds: ['at night', ''],
        });
        for (let index = 0; index < 4; index++) {
          const layout = drawLayout(specification, index);
          expect(layout).toEqual(drawLayout(specification, index));
          const { prompt, objects } = layout;
          expect(objects.length).toBeGreaterThan(0);
          expect(objects.length).toBeLessThanOrEqual(5);
          expect(prompt).toBe(prompt.trim());
          for (const { phrase, label } of objects) {
            expect(prompt).toContain(phrase);
            expect([label, phrase]).toEqual(label === 'dog' ? ['dog', 'a dog'] : ['cat', 'a kitten']);
          }
          for (const [i, { box }] of objects.entries()) {
            const [x0, y0, x1, y1] = box;
            expect(Math.min(x0, y0, 1 - x1, 1 - y1)).toBeGreaterThanOrEqual(0);
            expect(Math.sqrt((x1 - x0) * (y1 - y0))).toBeLessThan(size[1]! + 1e-3);
            for (const other of objects.slice(i + 1))
              expect(iou(box, other.box)).toBeLessThanOrEqual(overlap);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test('have classes and numbers of objects in their shares', () => {
    const specification = parseSpecification({
      ...{ count: 2000, classes: { dog: 3, cat: 1 }, objects: [1, 2], size: [0.1, 0.2], overlap: 1 },
    });
    const layouts = Array.from({ length: 2000 }, (_, i) => drawLayout(specification, i));
    const labels = layouts.flatMap(({ objects }) => objects.map(({ label }) => label));
    expect(labels.filter((label) => label === 'dog').length / labels.length).toBeCloseTo(0.75, 1);
    expect(labels.length / 2000).toBeCloseTo(1.5, 1);
  });
});

describe('splits', () => {
  test('have their shares at every length', () => {
    const names = splitsOf(parseSplits('train=0.8,val=0.1,test=0.1'), 100);
    for (let length = 1; length <= 100; length++) {
      const share = names.slice(0, length).filter((name) => name === 'train').length;
      expect(Math.abs(share - 0.8 * length)).toBeLessThanOrEqual(1);
    }
    expect(names.filter((name) => name === 'val')).toHaveLength(10);
  });

  test.each(['train', 'train=0', 'train=1,train=2', '../up=1', 'a=1,', 'a=-1'])('"%s" is refused', (text) => {
    expect(() => parseSplits(text)).toThrow(/./);
  });

  test.each(['train=1,Train=2', 'path=1', 'names=0.5,rest=0.5', 'on=0.4', 'Null=1', 'n=1'])(
    '"%s" is refused by name, for no data.yaml or folder could hold it',
    (text) => {
      expect(() => parseSplits(text)).toThrow(/^names /);
    },
  );
});

const picture = (value: (x: number, y: number) => number, side = 34): RgbImage => ({
  width: side,
  height: side,
  channels: 3,
  data: Uint8ClampedArray.from({ length: 3 * side * side }, (_, i) => {
    const at = Math.floor(i / 3);
    return value((at % side) / side, Math.floor(at / side) / side);
  }),
});

describe('near-duplicates', () => {
  const waves = (phase: number) => picture((x, y) => 128 + 100 * Math.sin(9 * x + 5 * y + phase));

  test('are found by what they look like, whatever their size or brightness', () => {
    const bright = picture((x, y) => 158 + 90 * Math.sin(9 * x + 5 * y), 51);
    const hashes = [waves(0), waves(2), bright, waves(0.02), waves(4)].map(differenceHash);
    expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    expect(nearDuplicates(hashes, 12)).toEqual([undefined, undefined, 0, 0, undefined]);
  });

  test('a chain of small changes counts from its first picture on', () => {
    const hash = (bits: number) => (2n ** BigInt(bits) - 1n).toString(16).padStart(64, '0');
    expect(nearDuplicates([hash(0), hash(8), hash(9), hash(16)], 8)).toEqual([undefined, 0, undefined, 2]);
  });
});

const dog = { label: 'dog & "co"', box: [0, 0.25, 0.5, 1] as Box };

test("Pascal VOC's boxes are pixels from 1, both edges included", () => {
  const xml = writeVoc({ fileName: 'a<b>.jpg', width: 100, height: 200, objects: [dog] }, 'JPEGImages');
  expect(xml).toContain('<filename>a&lt;b&gt;.jpg</filename>');
  expect(xml).toContain('<name>dog &amp; &quot;co&quot;</name>');
  expect(xml.match(/<(xmin|ymin|xmax|ymax)>\d+/g)).toEqual(['<xmin>1', '<ymin>51', '<xmax>50', '<ymax>200']);
  expect(xml).toContain('<truncated>1</truncated>');
  const tiny = { label: 'x\u0001', box: [0.999, 0.999, 1, 1] as Box };
  const small = writeVoc({ fileName: 'a', width: 10, height: 10, objects: [tiny] }, 'f');
  expect(small.match(/<(xmin|xmax)>\d+/g)).toEqual(['<xmin>10', '<xmax>10']);
  expect(small).toContain('<name>x</name>');
});

test("YOLO's data.yaml names train and val, whatever the splits are", () => {
  expect(parse(writeDataYaml(['train', 'val', 'test'], ['yes', '7']))).toEqual({
    ...{ train: 'images/train', val: 'images/val', test: 'images/test', names: ['yes', '7'] },
  });
  expect(parse(writeDataYaml(['all'], ['dog']))).toMatchObject({ train: 'images/all', val: 'images/all' });
});

test.each([
  [['train', 'validation', 'test'], 'train', 'validation'],
  [['train', 'valid', 'test'], 'train', 'valid'],
  [['test', 'dev', 'training'], 'training', 'dev'],
  [['test', 'a'], 'a', 'test'],
  [['train', 'test'], 'train', 'test'],
  [['a', 'b'], 'a', 'b'],
])(
  'data.yaml of %j trains on %s and validates on %s: no test split where there is another',
  (splits, train, val) => {
    const folders = { train: `images/${train}`, val: `images/${val}` };
    expect(parse(writeDataYaml(splits, ['dog']))).toMatchObject(folders);
  },
);

test('ids of several COCO files of one data set follow each other', () => {
  const image = { fileName: 'a.png', width: 10, height: 10, objects: [dog, dog] };
  const { images, annotations } = writeCoco([image, image], [dog.label], {
    firstImage: 5,
    firstAnnotation: 9,
  });
  expect(images.map(({ id }) => id)).toEqual([5, 6]);
  expect(annotations.map(({ id, image_id }) => [id, image_id])).toEqual([
    [9, 5],
    [10, 5],
    [11, 6],
    [12, 6],
  ]);
});

test('shards are tar files of samples side by side, the same bytes for the same samples', async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const samples = [1, 2].map((n) => ({ key: `00${n}`, files: { png: bytes(`p${n}`), json: bytes('{}') } }));
  const shard = await writeShard(samples);
  expect(await writeShard(samples)).toEqual(shard);
  const names: string[] = [];
  const contents: string[] = [];
  const reader = extract();
  reader.end(Buffer.from(shard));
  for await (const entry of reader) {
    names.push(entry.header.name);
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    contents.push(Buffer.concat(pieces).toString());
  }
  expect(names).toEqual(['001.png', '001.json', '002.png', '002.json']);
  expect(contents).toEqual(['p1', '{}', 'p2', '{}']);
  await expect(writeShard([{ key: 'a.b', files: {} }])).rejects.toThrow(/no dot/);
});
