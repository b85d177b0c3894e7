import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '@spatiallock/node';
import { temporaryFolder } from '@spatiallock/testing';
import { expect, it } from 'vitest';

it('creates what does not exist, and says what that was', async () => {
  const root = temporaryFolder();
  const [a, b] = [join(root, 'a'), join(root, 'a', 'b')];
  expect(await makeFolder(b)).toEqual([a, b]);
  expect(await makeFolder(b)).toEqual([]);
  expect(readdirSync(a)).toEqual(['b']);
});

it('may run several times at once', async () => {
  const path = join(temporaryFolder(), 'a', 'b', 'c');
  const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  expect(made.flat().sort()).toEqual([path.slice(0, -4), path.slice(0, -2), path]);
});

it('rejects where a file stands, and below one', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it.runIf(existsSync('/proc/self'))('rejects where the file system refuses new entries', async () => {
  await expect(makeFolder('/proc/spatiallock/a')).rejects.toMatchObject({ code: 'ENOENT' });
});
