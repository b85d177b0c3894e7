// What commands make of detections, labels and names of pictures, by hand.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, Detection } from '@spatiallock/core';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { isJudgeable, labelled } from '../src/bench/labels.js';
import { findPictures } from '../src/bench/pictures.js';
import { isBetter, type Judgement, judgePicture } from '../src/dataset/judge.js';

const left: Box = [0, 0, 0.5, 1];
const right: Box = [0.5, 0, 1, 1];
const seen = (label: string, box: Box, score = 0.9): Detection => ({ label, box, score });
const layout = {
  layout: {
    prompt: '',
    objects: [
      { phrase: 'a dog', box: left },
      { phrase: 'a cup', box: right },
    ],
  },
  labels: ['dog', 'cup'],
};
const judged = (detections: readonly Detection[], known = ['dog', 'cup'], least = 0.5) =>
  judgePicture(layout, detections, known, () => least);

describe('a picture of a data set', () => {
  it('passes where each object that the detector knows reaches its overlap, the least itself among them', () => {
    // Half of the box: an IoU of 0.5.
    const half = seen('dog', [0, 0, 0.25, 1]);
    expect(judged([half, seen('cup', right)])).toEqual({ ious: [0.5, 1], unasked: [], passed: true });
    expect(judged([half, seen('cup', right)], ['dog', 'cup'], 0.51).passed).toBe(false);
    expect(judged([seen('cup', right)])).toMatchObject({ ious: [0, 1], passed: false });
    expect(judged([seen('cup', right)], ['cup'])).toMatchObject({ ious: [null, 1], passed: true });
  });

  it('shows what nobody asked for: other objects of some certainty, elsewhere', () => {
    const cat = (box: Box, score?: number) =>
      judged([seen('dog', left), seen('cup', right), seen('cat', box, score)]);
    expect(cat([0.25, 0, 0.75, 0.5]).unasked.map(({ label }) => label)).toEqual(['cat']);
    expect(cat([0.25, 0, 0.75, 0.5], 0.5).unasked).toHaveLength(1);
    expect(cat([0.25, 0, 0.75, 0.5], 0.49).unasked).toEqual([]);
    // Another name for what stands there.
    expect(cat([0, 0, 0.25, 1]).unasked).toEqual([]);
    expect(cat([0, 0, 0.24, 1]).unasked).toHaveLength(1);
  });

  it('needs what its class needs', () => {
    const half = [seen('dog', [0, 0, 0.25, 1]), seen('cup', right)];
    const least = (label: string) => (label === 'dog' ? 0.6 : 0);
    expect(judgePicture(layout, half, ['dog', 'cup'], least).passed).toBe(false);
    expect(judgePicture(layout, half, ['dog', 'cup'], (label) => 0.6 - least(label)).passed).toBe(true);
  });

  it('is better by its objects, then by what nobody asked for, then by overlap', () => {
    const of = (ious: (number | null)[], unasked = 0): Judgement => ({
      ious,
      unasked: Array.from({ length: unasked }, () => seen('cat', left)),
      passed: false,
    });
    const better = (a: Judgement, b: Judgement) => isBetter(a, b, ['dog', 'cup'], () => 0.5);
    expect(better(of([0.5, 0.5], 3), of([0.9, 0.4]))).toBe(true);
    expect(better(of([0.9, 0.4]), of([0.5, 0.5], 3))).toBe(false);
    expect(better(of([0.6, 0.6]), of([0.9, 0.9], 1))).toBe(true);
    expect(better(of([0.6, 0.7]), of([0.6, 0.6]))).toBe(true);
    expect(better(of([0.6, 0.6]), of([0.6, 0.6]))).toBe(false);
    expect(better(of([null, 0.4]), of([0.4, 0.4]))).toBe(true);
  });
});

describe('layouts of a benchmark', () => {
  const own = {
    id: '1',
    prompt: '',
    objects: [
      { phrase: 'a red dog', box: left },
      { phrase: 'a green zebra', box: right },
    ],
  };

  it('have the labels of the detector, and colours where they count', () => {
    const detector = { labels: ['dog'] };
    expect(labelled([own], detector, true)).toEqual([
      [
        { phrase: 'a red dog', box: left, label: 'dog', colour: 'red' },
        { phrase: 'a green zebra', box: right, label: undefined, colour: 'green' },
      ],
    ]);
    const [plain] = labelled([own], { labels: ['dog', 'zebra'] }, false);
    expect(plain!.map((object) => 'colour' in object)).toEqual([false, false]);
    expect([isJudgeable(plain!), isJudgeable(labelled([own], detector, false)[0]!)]).toEqual([true, false]);
    expect(isJudgeable([])).toBe(false);
  });

  it('find their pictures by their ids, in any folder and in any of the known ways', async () => {
    const folder = temporaryFolder();
    const names = [
      '7.png',
      'a/b/8.JPG',
      '9_a dog/0.webp',
      '9_a dog/1.png',
      'a photo of it_6.jpeg',
      '7.txt',
      'none.png',
    ];
    for (const name of names) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    const layouts = ['6', '7', '8', '9'].map((id) => ({ ...own, id }));
    const found = await findPictures(folder, layouts, { skipMissing: false });
    expect(found.map(({ layout: { id }, path }) => `${id} ${path.slice(folder.length + 1)}`)).toEqual([
      '7 7.png',
      '9 9_a dog/0.webp',
      '9 9_a dog/1.png',
      '6 a photo of it_6.jpeg',
      '8 a/b/8.JPG',
    ]);
    const more = [...layouts, { ...own, id: '10' }, { ...own, id: '11' }];
    await expect(findPictures(folder, more, { skipMissing: false })).rejects.toThrow(
      '--images: 2 of 6 layouts have no picture, the first 10',
    );
    expect(await findPictures(folder, more, { skipMissing: true })).toHaveLength(5);
  });

  const foundIn = async (ids: readonly string[], names: readonly string[], numbered = false) => {
    const folder = temporaryFolder();
    for (const name of names) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    const layouts = ids.map((id) => ({ ...own, id }));
    const found = await findPictures(folder, layouts, { skipMissing: true, numbered });
    return found.map(({ layout: { id }, path }) => `${id} <- ${path.slice(folder.length + 1)}`);
  };

  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['its whole path', ['sub/b.jpg'], ['sub/b.jpg'], ['sub/b.jpg <- sub/b.jpg']],
    ['the end of the path', ['sub/b.jpg'], ['val/sub/b.jpg'], ['sub/b.jpg <- val/sub/b.jpg']],
    [
      'another ending',
      ['sub/b.jpg', 'x.jpg'],
      ['sub/b.png', 'x.png'],
      ['sub/b.jpg <- sub/b.png', 'x.jpg <- x.png'],
    ],
    ['the name alone', ['sub/b.jpg'], ['b.jpg'], ['sub/b.jpg <- b.jpg']],
    ['the name with one more ending', ['x.jpg'], ['x.jpg.png'], ['x.jpg <- x.jpg.png']],
    ['not a name that several share', ['a/b.jpg', 'c/b.jpg', 'x.jpg', 'x.png'], ['b.jpg', 'x.webp'], []],
    ['the nearest of several', ['x.jpg'], ['x.jpg', 'x.png'], ['x.jpg <- x.jpg']],
    ['no file of macOS', ['1'], ['._1.png', '1.png', '.cache/1.png'], ['1 <- 1.png']],
  ])('find pictures of a file name by %s', async (_, ids, names, expected) => {
    expect(await foundIn(ids, names)).toEqual(expected);
  });

  it('find the pictures of our own commands by their numbers, where no name is nearer', async () => {
    const ofDataset = ['train/000000.png', 'train/000002.png', 'val/000001.png'];
    expect(await foundIn(['0', '1', '2'], ofDataset, true)).toEqual([
      '0 <- train/000000.png',
      '2 <- train/000002.png',
      '1 <- val/000001.png',
    ]);
    expect(await foundIn(['0', '10'], ['10.png', '00.png'])).toEqual(['10 <- 10.png']);
    const ofGenerate = ['out-1.png', 'out-2.png'];
    expect(await foundIn(['0', '1'], ofGenerate, true)).toEqual(['0 <- out-1.png', '1 <- out-2.png']);
    expect(await foundIn(['0', '1'], ofGenerate)).toEqual([]);
    expect(await foundIn(['0', '1'], [...ofGenerate, '1.png'], true)).toEqual(['1 <- 1.png']);
    expect(await foundIn(['0', '1'], ['a-1.png', 'b-1.png'], true)).toEqual([]);
  });

  it.each<[string, boolean, string]>([
    ['sub/b.jpg', false, 'as sub/b.jpg or sub/b.png, or leave'],
    ['b.png', false, 'as b.png, or leave'],
    ['7', false, 'as 7.png, or leave'],
    ['0', true, 'as 0.png, or as generate does, NAME-1.png for the first, or leave'],
  ])('without a picture of %s say how to name it', async (id, numbered, advice) => {
    const finding = findPictures(temporaryFolder(), [{ ...own, id }], { skipMissing: false, numbered });
    await expect(finding).rejects.toThrow(advice);
    await expect(finding).rejects.toThrow(`--images: 1 of 1 layout has no picture, the first ${id};`);
  });
});
