// What a killed process leaves beside its outputs, and what must stay.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { removeStaleTemporaries, temporaryName } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-stale-'));
afterAll(() => rmSync(folder, { recursive: true }));

const make = (...names: string[]): void => {
  for (const name of names) writeFileSync(join(folder, name), '');
};

/** The number of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'close');
  return child.pid!;
}

it('goes; files of running processes, of others and of users stay', async () => {
  const ended = await endedProcess();
  const gone = [`a.png.${ended}.0.tmp`, `a.png.${ended}.12.tmp`, `a.json.${ended}.1.tmp`];
  const kept = [
    'a.png',
    'a.png.tmp',
    `a.png.${ended}.tmp`,
    `b.png.${ended}.0.tmp`,
    `aa.png.${ended}.0.tmp`,
    `a.png.${ended}.0.tmp.bak`,
    `a.png.${process.ppid}.0.tmp`,
    `a.png.${ended}x.0.tmp`,
  ];
  make(...gone, ...kept);
  mkdirSync(join(folder, `a.png.${ended}.99.tmp`));
  await removeStaleTemporaries([join(folder, 'a.png'), join(folder, 'a.json')]);
  expect(readdirSync(folder).sort()).toEqual([...kept, `a.png.${ended}.99.tmp`].sort());
});

it('is distinguished by its age from what this process is writing', async () => {
  const [own, old] = [temporaryName(join(folder, 'c.png')), temporaryName(join(folder, 'c.png'))];
  for (const path of [own, old]) writeFileSync(path, '');
  utimesSync(old, 1e9, 1e9);
  await removeStaleTemporaries([join(folder, 'c.png')]);
  const left = readdirSync(folder).filter((name) => name.startsWith('c.png'));
  expect(left).toEqual([own.slice(folder.length + 1)]);
});

it('is looked for in every folder, and folders that are not there are passed over', async () => {
  const ended = await endedProcess();
  const below = join(folder, 'below');
  mkdirSync(below);
  writeFileSync(join(below, `a.png.${ended}.0.tmp`), '');
  await removeStaleTemporaries([join(folder, 'missing', 'a.png'), join(below, 'a.png')]);
  expect(readdirSync(below)).toEqual([]);
});
