// The page of a data set: what it counts, and where it draws the boxes.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Box } from '@spatiallock/core';
import { countsChart, histogram, placesScatter } from '@spatiallock/evaluation/report';
import { writePng } from '@spatiallock/node';
import { temporaryFolder } from '@spatiallock/testing';
import { expect, it } from 'vitest';
import { datasetPage } from '../src/dataset/page.js';
import type { DatasetRecord } from '../src/dataset/record.js';
import { plainImage } from './support.js';

const folder = temporaryFolder();

const record = (index: number, more: Partial<DatasetRecord> = {}): DatasetRecord => ({
  ...{
    id: String(index),
    layout: index,
    split: 'train',
    prompt: `prompt ${index}`,
    objects: [],
    seed: 1,
    provenance: {},
  },
  ...{ attempts: [1], verdict: 'kept', reasons: [], unasked: [], width: 4, height: 4, hash: '' },
  file: `images/${index}.png`,
  ...more,
});
const object = (label: string, box: Box, iou: number | null = null) => ({ label, phrase: label, box, iou });

async function pageOf(records: readonly DatasetRecord[]): Promise<string> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  for (const { file } of records) if (file) await writePng(join(folder, file), plainImage(4));
  return datasetPage(folder, records);
}

const tilesOf = (page: string): Record<string, string> =>
  Object.fromEntries(
    [...page.matchAll(/<div class="tile"><span>(.*?)<\/span><strong>(.*?)<\/strong>/g)].map(
      ([, name, value]) => [name!, value!],
    ),
  );

it('counts what is kept, and why the rest is not', async () => {
  const page = await pageOf([
    record(0, { objects: [object('dog', [0.1, 0.2, 0.4, 0.6], 0.5), object('<cat>', [0, 0, 1, 1], 1)] }),
    record(1, {
      ...{ verdict: 'flagged', reasons: ['looks like 0', 'an object misses its box'] },
      ...{ objects: [object('dog', [0.5, 0.5, 0.75, 1], 0)], attempts: [1, 4, 7] },
    }),
    record(2, { verdict: 'dropped', reasons: ['looks like 1'], file: undefined, attempts: [1, 2] }),
    record(3, { objects: [object('dog', [0, 0, 0.5, 0.5])] }),
  ]);
  expect(tilesOf(page)).toEqual({
    pictures: '3',
    objects: '4',
    flagged: '1',
    dropped: '1',
    'mean IoU of judged objects': '0.500',
    'attempts a picture': '1.75',
  });
  expect(page).toContain('<h1>3 labelled pictures</h1>');
  expect(page).toContain('<p>looks like another: 2; an object misses its box: 1</p>');
  expect(
    [...page.matchAll(/<rect x="[^"]*" y="[^"]*" width="[^"]*" height="[^"]*" stroke/g)].map(String),
  ).toEqual([
    '<rect x="10.00" y="20.00" width="30.00" height="40.00" stroke',
    '<rect x="0.00" y="0.00" width="100.00" height="100.00" stroke',
    '<rect x="50.00" y="50.00" width="25.00" height="50.00" stroke',
    '<rect x="0.00" y="0.00" width="50.00" height="50.00" stroke',
  ]);
  expect(page).toContain('<b>dog</b>0.50</li>');
  expect(page).toContain('<b>&lt;cat&gt;</b>1.00</li>');
  expect(page).toContain('<b>dog</b></li>');
  expect(page.match(/<p class="missed">.*?<\/p>/g)).toEqual([
    '<p class="missed">looks like 0; an object misses its box</p>',
  ]);
  expect(page).toContain('Scores: overlap');
  expect(page).toContain(
    countsChart([
      { label: 'dog', count: 3 },
      { label: '<cat>', count: 1 },
    ]),
  );
});

it('says nothing of scores and attempts where there are none', async () => {
  const page = await pageOf([record(0, { objects: [object('dog', [0, 0, 0.5, 0.5])] })]);
  expect(tilesOf(page)).toMatchObject({ 'mean IoU of judged objects': '-', 'attempts a picture': '1.00' });
  expect(page).not.toContain('Scores: overlap');
  expect(tilesOf(await pageOf([]))).toMatchObject({ pictures: '0', 'attempts a picture': '-' });
});

it('draws where the middles of objects lie, and how large they are', async () => {
  const page = await pageOf([
    record(0, { objects: [object('dog', [0.25, 0.2, 0.5, 0.4]), object('cat', [0, 0.5, 1, 1])] }),
  ]);
  const middles = [
    { x: 0.375, y: (0.2 + 0.4) / 2 },
    { x: 0.5, y: 0.75 },
  ];
  expect(page).toContain(placesScatter(middles));
  expect(page).toContain(histogram([Math.sqrt((0.5 - 0.25) * (0.4 - 0.2)), Math.sqrt(0.5)]));
});

it('shows at most 24 pictures, evenly over all', async () => {
  const alts = (page: string) => [...page.matchAll(/alt="prompt (\d+)"/g)].map(([, index]) => Number(index));
  const records = Array.from({ length: 36 }, (_, i) => record(i));
  expect(alts(await pageOf(records.slice(0, 24)))).toEqual(Array.from({ length: 24 }, (_, i) => i));
  expect(alts(await pageOf(records))).toEqual(Array.from({ length: 24 }, (_, i) => Math.floor(1.5 * i)));
});
