// A data set of any size: none of its files is one text on its way.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileToWrite } from '@spatiallock/node';
import { temporaryFolder } from '@spatiallock/testing';
import { expect, it, vi } from 'vitest';
import { fakeServices, runHere } from './support.js';

/** The longest text that a file's content, or its value as JSON, is held in. */
const longest = vi.hoisted(() => new Map<string, number>());

vi.mock('@spatiallock/node', async (original) => {
  const real = await original<typeof import('@spatiallock/node')>();
  const noted = ({ path, content }: FileToWrite): FileToWrite => {
    const name = path.split('/').at(-1)!;
    const note = (piece: string): string => {
      longest.set(name, Math.max(longest.get(name) ?? 0, piece.length));
      return piece;
    };
    if (typeof content === 'string') note(content);
    if (typeof content === 'string' || content instanceof Uint8Array) return { path, content };
    return {
      path,
      content: (function* () {
        for (const piece of content) yield note(piece);
      })(),
    };
  };
  return {
    ...real,
    writeFilesAtomically: (files: FileToWrite[]) => real.writeFilesAtomically(files.map(noted)),
  };
});

it('dataset writes the files of the whole set in pieces, and the same bytes as one text', async () => {
  const cwd = temporaryFolder();
  const layouts = Array.from({ length: 60 }, (_, i) => ({
    prompt: `a dog${' and a cat'.repeat(10 + (i % 10))}`,
    objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 0.5] }],
  }));
  writeFileSync(join(cwd, 'layouts.jsonl'), layouts.map((each) => JSON.stringify(each)).join('\n'));
  const words = 'dataset --layouts layouts.jsonl -o set --format coco,yolo --batch 30'.split(' ');
  const stringify = vi.spyOn(JSON, 'stringify');
  const run = () => runHere(words, { cwd, services: fakeServices().services });
  expect(await run()).toMatchObject({ code: 0, stderr: '' });
  const lengths = stringify.mock.results.map(({ value }) => String(value).length);
  stringify.mockRestore();
  // The batch of a job is the longest text there may be.
  expect(Math.max(...lengths)).toBeLessThan(2000);
  const names = ['dataset.json', 'records.jsonl', 'instances_train.json'];
  for (const name of names) expect([name, longest.get(name)! < 2000]).toEqual([name, true]);
  const [settings, records, coco] = ['dataset.json', 'records.jsonl', 'annotations/instances_train.json'].map(
    (name) => readFileSync(join(cwd, 'set', name), 'utf8'),
  ) as [string, string, string];
  expect(settings).toBe(`${JSON.stringify(JSON.parse(settings), null, 1)}\n`);
  expect(coco).toBe(`${JSON.stringify(JSON.parse(coco))}\n`);
  expect(records.split('\n')).toHaveLength(61);
  // It is found to be the same.
  expect((await run()).code).toBe(0);
});
