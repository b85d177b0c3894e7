import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Detection, RgbImage } from '@spatiallock/core';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import type { Evaluator } from '../src/index.js';
import { fakeServices, filesIn, runHere } from './support.js';

const words = [
  ...['generate', '--prompt', 'a dog and an apple', '--seed', '3', '--verify'],
  ...['--object', 'a dog@0,0,0.5,1', '--object', 'an apple@0.5,0,1,1'],
];
const json = (folder: string, name = 'picture.json') => JSON.parse(readFileSync(join(folder, name), 'utf8'));

/** Fake pictures are painted in the grey of their seed; by it this judge knows how well the objects stand. */
function judgeBy(overlaps: Readonly<Record<number, readonly [dog: number, apple: number]>>): Evaluator {
  const look = ({ data }: RgbImage): Detection[] => {
    const [dog, apple] = overlaps[data[0]];
    const found: Detection[] = [
      { label: 'dog', score: 0.9, box: [0, 0, 0.5, dog] },
      { label: 'apple', score: 0.9, box: [0.5, 0, 1, apple] },
    ];
    return found.filter((_, i) => [dog, apple][i] > 0);
  };
  return {
    labels: ['dog', 'apple'],
    detect: async (image) => look(image),
    detectMany: async (all) => all.map(look),
  };
}

async function verify(judge: Evaluator, ...more: string[]) {
  const folder = temporaryFolder();
  const { services, seeds } = fakeServices(judge);
  return { folder, seeds, ...(await runHere([...words, ...more], { cwd: folder, services })) };
}

describe('generate --verify', () => {
  it('reports the overlap of each object', async () => {
    const { code, stdout, stderr, folder } = await verify(judgeBy({ 3: [0.75, 0.5] }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').slice(1)).toEqual([
      '  a dog     0.75',
      '  an apple  0.50',
      '  judged: class and place; colour and other words are not',
      '',
    ]);
    const { verification, objects, seed } = json(folder);
    expect(verification).toEqual({
      judged: { class: true, place: true, colour: false },
      retry: 0,
      minIou: 0.5,
      passed: true,
      attempts: [{ seed: 3, ious: [expect.closeTo(0.75), expect.closeTo(0.5)] }],
    });
    expect(seed).toBe(3);
    expect(objects[0].detector.iou).toBeCloseTo(0.75);
  });

  it('ends with code 3 where an object misses, and has written the picture', async () => {
    const { code, stdout, stderr, folder } = await verify(judgeBy({ 3: [0.75, 0] }), '--min-iou', '0.7');
    expect(code).toBe(3);
    expect(stderr).toBe('error: --min-iou: not every object reaches 0.7 in the picture\n');
    expect(stdout).toContain('  an apple  not found  below 0.7');
    expect(filesIn(folder)).toEqual(['picture.json', 'picture.png']);
    expect(json(folder).verification).toMatchObject({ passed: false, attempts: [{ ious: [0.75, 0] }] });
  });

  it('draws again until every object reaches the overlap', async () => {
    const judge = judgeBy({ 3: [0.75, 0.25], 4: [0, 0.75], 5: [0.75, 0.75], 6: [1, 1] });
    const { code, stdout, seeds, folder } = await verify(judge, '--retry', '5');
    expect(code).toBe(0);
    expect(seeds).toEqual([3, 4, 5]);
    expect(stdout).toContain('  passed with seed 5, after 3 attempts (seeds 3, 4, 5)');
    const { seed, verification } = json(folder);
    expect(seed).toBe(5);
    expect(verification.passed).toBe(true);
    expect(verification.attempts.map((attempt: { seed: number }) => attempt.seed)).toEqual([3, 4, 5]);
  });

  it('keeps the best attempt where none passes, and says so', async () => {
    const judge = judgeBy({ 3: [0.9, 0], 4: [0.6, 0.25], 5: [0.75, 0.125] });
    const { code, stdout, folder } = await verify(judge, '--retry', '2');
    expect(code).toBe(3);
    expect(stdout).toContain('  no attempt passed; kept the best, seed 3, after 3 attempts (seeds 3, 4, 5)');
    expect(json(folder)).toMatchObject({ seed: 3, verification: { passed: false } });
  });

  it('counts objects that reach the overlap before their mean', async () => {
    const judge = judgeBy({ 3: [0.45, 0.45], 4: [0.5, 0.125] });
    const { folder } = await verify(judge, '--retry', '1');
    expect(json(folder).seed).toBe(4);
  });

  it('draws several pictures again with seeds that no other has', async () => {
    const judge = judgeBy({ 3: [1, 1], 4: [0, 0], 5: [0, 0], 7: [0, 0], 8: [1, 1], 10: [1, 1] });
    const { code, folder } = await verify(judge, '--retry', '2', '--count', '3');
    expect(code).toBe(0);
    const seeds = [1, 2, 3].map((i) => json(folder, `picture-${i}.json`).seed);
    expect(seeds).toEqual([3, 10, 8]);
  });

  it('tells which objects the detector does not know', async () => {
    const judge = { ...judgeBy({ 3: [1, 1] }), labels: ['dog'] };
    const { code, stdout, folder } = await verify(judge);
    expect(code).toBe(0);
    expect(stdout).toContain('  an apple  not known to the detector');
    expect(json(folder).verification.attempts).toEqual([{ seed: 3, ious: [1, null] }]);
  });
});

describe('what cannot be verified', () => {
  const judge = judgeBy({});
  const refused: [string, string[], string][] = [
    ['a retry without', ['--object', 'a dog@0,0,1,1', '--retry', '2'], '--retry: needs --verify'],
    ['an overlap without', ['--object', 'a dog@0,0,1,1', '--min-iou', '0.3'], '--min-iou: needs --verify'],
    [
      'too many retries',
      ['--verify', '--retry', '101'],
      '--retry: must be a whole number in 0..100, not 101',
    ],
    ['half a retry', ['--verify', '--retry', '0.5'], '--retry: must be a whole number'],
    ['an overlap above 1', ['--verify', '--min-iou', '1.5'], '--min-iou: must be a number in 0..1, not 1.5'],
    [
      'seeds too large',
      ['--verify', '--retry', '9', '--seed', '4294967290'],
      '--seed: 10 pictures from 4294967290 on',
    ],
    ['no object', ['--verify', '--prompt', 'a beach'], '--verify: the layout has no object'],
    [
      'unknown objects',
      ['--verify', '--object', 'a gnu@0,0,1,1'],
      '--verify: the detector at hand does not know "a gnu"',
    ],
    [
      'unknown objects, with advice',
      ['--verify', '--object', 'a gnu@0,0,1,1'],
      '...; give one that does by --detector, or leave --verify out',
    ],
  ];
  it.each(refused)('%s', async (_, more, message) => {
    const folder = temporaryFolder();
    const { code, stderr } = await runHere(['generate', ...more], {
      cwd: folder,
      services: fakeServices(judge).services,
    });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(filesIn(folder)).toEqual([]);
  });

  it('without a detector', async () => {
    const folder = temporaryFolder();
    const { code, stderr } = await runHere(words, { cwd: folder, services: fakeServices().services });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: --verify: there is no detector at hand; give one by --detector\n',
    });
  });
});
