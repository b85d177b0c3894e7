// Progress of each command as lines of a log, and where the same command goes on.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Detection } from '@spatiallock/core';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { fakeServices, runHere } from './support.js';

const boxOf = [0, 0, 0.5, 0.5] as const;
const layouts = ['a dog', 'a cat', 'a fox', 'a cow'].map((phrase) => ({
  prompt: phrase,
  objects: [{ phrase, box: boxOf }],
}));
const seen: Detection[] = [{ label: 'dog', score: 0.9, box: boxOf }];
const judge = {
  labels: ['dog', 'cat', 'fox', 'cow'],
  detect: async () => seen,
  detectMany: async (images: readonly object[]) => images.map(() => seen),
};

async function linesOf(words: readonly string[], cwd = folderOfLayouts()): Promise<string[]> {
  const { services } = fakeServices(judge);
  const { code, stderr } = await runHere(words, { cwd, services, progress: 'lines' });
  expect([code, stderr.split('\n').filter((line) => !/ %$/.test(line))]).toEqual([0, ['']]);
  return stderr.split('\n').slice(0, -1);
}

function folderOfLayouts(): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'own.json'), JSON.stringify(layouts));
  return cwd;
}

describe('progress', () => {
  const painted = ['loading 0 %', ...[25, 50, 75, 100].map((percent) => `painting ${percent} %`)];
  const evaluate = ['evaluate', '--layouts', 'own.json', '--batch', '2'];

  it('of evaluate', async () => {
    expect(await linesOf(evaluate)).toEqual([...painted, 'judging 100 %', 'writing 100 %']);
  });

  it.each([['--captions'], ['--varied']])(
    'of evaluate %s names the pictures that come then',
    async (flag) => {
      expect(await linesOf([...evaluate, flag, '2'])).toEqual([
        ...painted,
        'judging 100 %',
        'more pictures 100 %',
        'writing 100 %',
      ]);
    },
  );

  it('of bench', async () => {
    expect(await linesOf(['bench', '--layouts', 'own.json', '--batch', '2'])).toEqual([
      ...painted,
      ...[25, 50, 75, 100].map((percent) => `judging real scenes ${percent} %`),
    ]);
  });

  it('of dataset, from where it went on', async () => {
    const cwd = folderOfLayouts();
    const words = ['dataset', '--layouts', 'own.json', '-o', 'set', '--batch', '2', '--duplicates', 'keep'];
    const labelled = ['labelling 50 %', 'labelling 100 %'];
    expect(await linesOf(words, cwd)).toEqual([...painted, ...labelled]);
    rmSync(join(cwd, 'set', 'records', '000002.json'));
    expect(await linesOf(words, cwd)).toEqual([
      'loading 0 %',
      ...['checking pictures 25 %', 'checking pictures 50 %', 'checking pictures 100 %'],
      ...['painting 75 %', 'painting 100 %'],
      ...labelled,
    ]);
  });
});
