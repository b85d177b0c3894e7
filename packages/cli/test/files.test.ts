import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { besidePath, numberedPath, writeFiles } from '../src/files.js';
import { filesIn, temporaryFolder } from './support.js';

it('files are written together', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a'), 'old');
  await writeFiles([
    { path: join(folder, 'a'), content: 'new' },
    { path: join(folder, 'b'), content: Uint8Array.of(1, 2) },
  ]);
  expect(filesIn(folder)).toEqual(['a', 'b']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new');
});

it('or none of them is', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a'), 'old');
  const files = [
    { path: join(folder, 'a'), content: 'new' },
    { path: join(folder, 'absent', 'b'), content: 'new' },
  ];
  await expect(writeFiles(files)).rejects.toThrow('ENOENT');
  expect(filesIn(folder)).toEqual(['a']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
});

it('a rename that fails leaves no temporary file', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a'));
  await expect(writeFiles([{ path: join(folder, 'a'), content: 'x' }])).rejects.toThrow();
  expect(filesIn(folder)).toEqual(['a']);
  expect(existsSync(join(folder, 'a', 'x'))).toBe(false);
});

it('names of several pictures and of what stands beside them', () => {
  expect(numberedPath('/x.y/a.png', 0, 1)).toBe('/x.y/a.png');
  expect(numberedPath('/x.y/a.png', 1, 3)).toBe('/x.y/a-2.png');
  expect(besidePath('/x.y/a.b.PNG', '.json')).toBe('/x.y/a.b.json');
});
