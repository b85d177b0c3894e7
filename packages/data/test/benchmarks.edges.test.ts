// Readers of benchmarks at the edges of what they take.

import { readBenchmarkCsv, readMig, readOverLayBench } from '@spatiallock/data/benchmarks';
import { describe, expect, test } from 'vitest';

const HEAD = 'id,prompt,obj1,bbox1\n';

describe('tables', () => {
  test('may hold empty lines and spaces around values', () => {
    const text = `${HEAD}\n 1 , a dog , a dog , "0,0,256,512" \n\n\n2,a cat,a cat,"[0, 0, 512, 512]"\n`;
    expect(readBenchmarkCsv(text)).toEqual([
      { id: '1', prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 1] }] },
      { id: '2', prompt: 'a cat', objects: [{ phrase: 'a cat', box: [0, 0, 1, 1] }] },
    ]);
  });

  test('have no category where the column is empty', () => {
    const [layout] = readBenchmarkCsv('id,category,prompt,obj1,bbox1\n1,,a dog,a dog,"0,0,512,512"\n');
    expect(layout).not.toHaveProperty('category');
  });

  test.each([1, 1e6])('take a side of %d', (side) => {
    const text = `${HEAD}1,a,a,"0,0,${side},${side}"\n`;
    expect(readBenchmarkCsv(text, { side })[0]!.objects[0]!.box).toEqual([0, 0, 1, 1]);
  });

  test.each(['0.1,0.1,0.6,0.6', '0,0,1,1', '9.1,9.1,9.6,9.6'])('refuse fractions %s for pixels', (box) => {
    expect(() => readBenchmarkCsv(`${HEAD}1,a,a,"${box}"\n`)).toThrow(
      /^line 2: bbox1: the box \[.*\] lies within a pixel; boxes are pixels of 512, no fractions$/,
    );
    const pixels = `${HEAD}1,a,a,"0,0,1,2"\n2,a,a,"1,1,2,2"\n`;
    expect(readBenchmarkCsv(pixels)).toHaveLength(2);
  });

  test.each([
    [';', 'semicolons'],
    ['\t', 'tabs'],
  ])('of columns between "%s" are refused by their name', (sign, name) => {
    const text = `\uFEFFid,prompt,obj1,bbox1\n1,a,a,"0;0;9;9"\n`.replaceAll(',', sign);
    expect(() => readBenchmarkCsv(text)).toThrow(
      `CSV: its columns are separated by ${name}; separate them by commas`,
    );
  });

  test.each([0.5, 1e6 + 1])('refuse a side of %d', (side) => {
    expect(() => readBenchmarkCsv(`${HEAD}1,a,a,"0,0,1,1"\n`, { side })).toThrow('options.side: must be');
  });

  test('cut boxes over the edge, and say so beyond a hundredth of the side', () => {
    const received: string[] = [];
    const onIssue = ({ kind, field }: { kind: string; field: string }) => received.push(`${kind} ${field}`);
    const text = `${HEAD}1,a,a,"0,0,517,256"\n2,a,a,"0,0,518,256"\n`;
    const boxes = readBenchmarkCsv(text, { onIssue }).map(({ objects }) => objects[0]!.box);
    expect(boxes).toEqual([
      [0, 0, 1, 0.5],
      [0, 0, 1, 0.5],
    ]);
    expect(received).toEqual(['clipped line 3: bbox1']);
  });
});

test("OverLayBench's boxes are pixels, too", () => {
  const annotations = { a: { bbox: [0.1, 0.1, 0.6, 0.6], category: 'dog' } };
  const row = { image_id: 1, annotation: { caption: 'a dog', annotations } };
  expect(() => readOverLayBench(JSON.stringify([row]))).toThrow('boxes are pixels of 1024, no fractions');
});

describe("COCO-MIG's boxes", () => {
  const read = (...box: number[]) =>
    readMig(JSON.stringify({ 1: { caption: 'c', segment: [{ label: 'dog', bbox: box }] } }));

  test.each([
    [
      [-1, 0, 0.5, 2],
      [0, 0, 0.5, 1],
    ],
    [
      [0.25, -1, 2, 0.5],
      [0.25, 0, 1, 0.5],
    ],
  ])('%j over the edge are cut', (box, expected) => {
    expect(read(...box)[0]!.objects[0]!.box).toEqual(expected);
  });

  test.each([
    [-1.001, 0, 0.5, 1],
    [0, 0, 0.5, 2.001],
  ])('%d %d %d %d are no fractions', (...box) => {
    expect(() => read(...box)).toThrow('1: segment[0].bbox: must be fractions of the picture, 0..1');
  });

  test('whose mapping uses aliases are refused by a readable error', () => {
    expect(() => readMig('a: &x\n  b: [[0, 0, 1, 1]]\n  coco_id: 1\nc: *x\n')).toThrow(/^COCO-MIG: .*alias/i);
  });
});

describe("OverLayBench's rows", () => {
  const annotation = {
    caption: 'a dog',
    annotations: {
      a: { bbox: [0, 0, 512, 1024], category: 'dog' },
      b: { bbox: [256, 0, 1024, 1024], category: 'cat' },
    },
  };
  const withPair = (...pair: unknown[]) =>
    JSON.stringify([{ image_id: 1, annotation: { ...annotation, valid_overlap: [{ overlap_box: pair }] } }]);

  test('that cannot be read are named by their line, from 1', () => {
    const text = `${JSON.stringify({ image_id: 1, annotation })}\n\n{"image_id": \n`;
    expect(() => readOverLayBench(text)).toThrow(/^line 3: is not JSON$/);
  });

  test('have no pairs where the row names none', () => {
    expect(readOverLayBench(JSON.stringify([{ image_id: 1, annotation }]))[0]).not.toHaveProperty('overlaps');
  });

  test('have pairs in their order', () => {
    expect(readOverLayBench(withPair(1, 0))[0]!.overlaps).toEqual([[1, 0]]);
  });

  test.each([[[0, 2]], [[-1, 0]], [[0.5, 1]], [[0]], [[0, 1, 1]]])('refuse the pair %j', (pair) => {
    expect(() => readOverLayBench(withPair(...pair))).toThrow(
      '[0]: annotation.valid_overlap[0].overlap_box: must be two indices in 0..1',
    );
  });
});
