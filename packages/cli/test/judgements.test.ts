// What commands make of detections, labels and names of pictures, by hand.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Box, Detection, RgbImage } from '@spatiallock/core';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { isJudgeable, labelled } from '../src/bench/labels.js';
import { findPictures } from '../src/bench/pictures.js';
import { isBetter, type Judgement, judgePicture } from '../src/dataset/judge.js';
import { evaluatorOf } from '../src/detectors.js';
import { InputError, isAbort } from '../src/errors.js';
import { plainImage } from './support.js';

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
    const [byName] = labelled([{ ...own, names: ['zebra', 'dog'] }], { labels: ['dog', 'zebra'] }, false);
    expect(byName!.map(({ label }) => label)).toEqual(['zebra', 'dog']);
    const [plain] = labelled([own], { labels: ['dog', 'zebra'] }, false);
    expect(plain!.map((object) => 'colour' in object)).toEqual([false, false]);
    expect([isJudgeable(plain!), isJudgeable(labelled([own], detector, false)[0]!)]).toEqual([true, false]);
    // What is seen in a picture without objects is wrong.
    expect(isJudgeable([])).toBe(true);
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
      '6 a photo of it_6.jpeg',
      '7 7.png',
      '8 a/b/8.JPG',
      '9 9_a dog/0.webp',
      '9 9_a dog/1.png',
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
    [
      'whole paths where names differ by their folders alone',
      ['b.jpg', 'x/b.jpg'],
      ['b.jpg', 'x/b.jpg', 'y/b.jpg'],
      ['b.jpg <- b.jpg', 'x/b.jpg <- x/b.jpg'],
    ],
    [
      'no other folder where some are found by whole paths',
      ['b.jpg', 'x/b.jpg'],
      ['x/b.png', 'y/b.png'],
      ['x/b.jpg <- x/b.png'],
    ],
    [
      'folders below another',
      ['b.jpg', 'x/b.jpg'],
      ['gen/b.jpg', 'gen/x/b.jpg'],
      ['b.jpg <- gen/b.jpg', 'x/b.jpg <- gen/x/b.jpg'],
    ],
    ['not a name that several share', ['a/b.jpg', 'c/b.jpg', 'x.jpg', 'x.png'], ['b.jpg', 'x.webp'], []],
    ['the nearest of several', ['x.jpg'], ['x.jpg', 'x.png'], ['x.jpg <- x.jpg']],
    [
      'spellings of Windows and of macOS',
      ['a\\b.jpg', 'é.jpg'],
      ['a/b.jpg', 'e\u0301.jpg'],
      ['a\\b.jpg <- a/b.jpg', 'é.jpg <- e\u0301.jpg'],
    ],
    ['no file of macOS', ['1'], ['._1.png', '1.png', '.cache/1.png'], ['1 <- 1.png']],
  ])('find pictures of a file name by %s', async (_, ids, names, expected) => {
    expect(await foundIn(ids, names)).toEqual(expected);
  });

  it('refuse file names that several images have, with or without pictures', async () => {
    const ids = ['sub/a.jpg', 'sub\\a.jpg', 'b.jpg'];
    for (const names of [[], ['sub/a.jpg', 'b.jpg']]) {
      await expect(foundIn(ids, names)).rejects.toMatchObject({
        details: ['--layouts: 2 images have the file name sub/a.jpg'],
        message: expect.stringContaining('put the annotations of a file under one image'),
      });
    }
    const [first, , last] = ids.map((id) => ({ ...own, id }));
    const all = [first!, { ...own, id: first!.id }, last!];
    await expect(findPictures(temporaryFolder(), [first!], { skipMissing: true, all })).rejects.toThrow();
    expect(await findPictures(temporaryFolder(), [last!], { skipMissing: true, all })).toEqual([]);
  });

  it('find links, and take pictures of other layouts of the file for none of those asked for', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'seed_1'));
    for (const id of ['0', '1', '3']) writeFileSync(join(folder, 'seed_1', `${id}.png`), '');
    symlinkSync(join(folder, 'seed_1', '1.png'), join(folder, 'seed_1', '2.png'));
    const all = ['0', '1', '2', '3'].map((id) => ({ ...own, id }));
    const found = await findPictures(folder, all.slice(0, 3), { skipMissing: false, all });
    expect(found.map(({ layout: { id }, path }) => `${id} ${basename(path)}`)).toEqual([
      '0 0.png',
      '1 1.png',
      '2 2.png',
    ]);
  });

  it.each([
    ['dataset', ['000000.png', '000001.png', '000002.png', '000003.png'], '000002.png'],
    ['generate', ['p-1.png', 'p-2.png', 'p-3.png', 'p-4.png'], 'p-3.png'],
  ])('refuse pictures that %s painted several times for each layout', async (_, names, other) => {
    await expect(foundIn(['0', '1'], names, true)).rejects.toThrow(`${other} has the number of no layout`);
  });

  it('find the pictures of our own commands by their numbers, where no name is nearer', async () => {
    const ofDataset = ['train/000000.png', 'train/000002.png', 'val/000001.png'];
    expect(await foundIn(['0', '1', '2'], ofDataset, true)).toEqual([
      '0 <- train/000000.png',
      '1 <- val/000001.png',
      '2 <- train/000002.png',
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

describe('the answer of a detector', () => {
  const ask = (detect: (image: RgbImage) => unknown, options = {}) =>
    evaluatorOf({ labels: ['dog'], detect: detect as () => Promise<Detection[]> }, './mine.mjs', {
      flag: '--verify',
      ...options,
    });
  const errorOf = (asked: Promise<unknown>): Promise<Error> =>
    asked.then(
      () => new Error('none'),
      (error: Error) => error,
    );
  const never = () => new Promise(() => undefined);

  it.each([
    [() => Promise.reject(new Error('boom')), '--verify ./mine.mjs: boom'],
    [
      () => {
        throw new Error('boom');
      },
      '--verify ./mine.mjs: boom',
    ],
    [() => Promise.reject(undefined), '--verify ./mine.mjs: threw undefined'],
    [() => Promise.reject(new Error('')), '--verify ./mine.mjs: threw '],
    [() => Promise.reject(new DOMException('of its own', 'AbortError')), '--verify ./mine.mjs: of its own'],
  ])('%s is named where it is an error', async (detect, message) => {
    const { signal } = new AbortController();
    const judge = ask(detect, { signal });
    // Judges may be wrapped twice, and are named once.
    for (const each of [judge, evaluatorOf(judge, 'outer', { signal })]) {
      const error = await errorOf(each.detect(plainImage()));
      expect(error.message.startsWith(message)).toBe(true);
      expect([error instanceof InputError, isAbort(error)]).toEqual([false, false]);
    }
  });

  it('keeps the cause, and tells the place of a fault in the code', async () => {
    const cause = new TypeError('no x');
    const error = await errorOf(ask(() => Promise.reject(cause)).detect(plainImage()));
    expect(error.message).toMatch(/: no x \(at .*judgements\.test\.ts:\d+:\d+\)$/);
    expect(error.cause).toBe(cause);
  });

  it('is waited for so long and no longer, for each picture', async () => {
    const { detect, detectMany } = ask(never, { limitMs: 20 });
    const late = '--verify ./mine.mjs: gave no answer within 0.02 s; its promise must settle';
    expect((await errorOf(detect(plainImage()))).message).toBe(late);
    expect((await errorOf(detectMany([plainImage()]))).message).toBe(late);
    const many = evaluatorOf(
      { labels: ['dog'], detect: never as never, detectMany: never as never },
      'many',
      {
        limitMs: 20,
      },
    );
    const images = [plainImage(), plainImage()];
    expect((await errorOf(many.detectMany(images))).message).toContain('within 0.04 s');
  });

  it('is not waited for after an abort', async () => {
    const controller = new AbortController();
    const asked = errorOf(ask(never, { signal: controller.signal }).detect(plainImage()));
    controller.abort();
    expect(isAbort(await asked)).toBe(true);
  });

  it.each([
    [
      [25, 76, 153, 230],
      /the box \[25, 76, 153, 230\], which lies far outside the picture; boxes are fractions/,
    ],
    [[0.6, 0.1, 0.1, 0.3], /whose right is less than its left; boxes are fractions/],
    [[0.1, 0.9, 0.6, 0.3], /whose bottom is less than its top; boxes are fractions/],
    [[0, 0, 1], /a box that is not four numbers; boxes are fractions/],
  ])('with the box %j is refused', async (box, message) => {
    const error = await errorOf(ask(async () => [{ label: 'dog', score: 1, box }]).detect(plainImage()));
    expect([error instanceof InputError, error.message]).toEqual([true, expect.stringMatching(message)]);
  });

  it.each([[[-0.5, 0, 1.5, 1]], [[0.3, 0.3, 0.3, 0.6]]])('with the box %j is taken', async (box) => {
    const answer = [{ label: 'dog', score: 1, box }];
    expect(await ask(async () => answer).detect(plainImage())).toEqual(answer);
  });

  it('has a list for each picture', async () => {
    const { detectMany } = evaluatorOf(
      { labels: ['dog'], detect: async () => [], detectMany: async () => [] },
      'many',
    );
    expect((await errorOf(detectMany([plainImage()]))).message).toContain('a list for each of 1 images');
  });
});
