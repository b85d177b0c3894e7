// Two processes and one folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { lockFolder, requireUnlocked } from '../src/index.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, link: vi.fn(real.link) };
});

const root = mkdtempSync(join(tmpdir(), 'spatiallock-lock-'));
afterAll(() => rmSync(root, { recursive: true }));
const lock = (folder: string): string => join(folder, 'lock.json');
const folder = (): string => mkdtempSync(join(root, 'folder-'));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that holds the folder until it is killed. */
function holder(at: string): Promise<{ pid: number; end: () => Promise<void> }> {
  const source = new URL('../src/folderLock.ts', import.meta.url).href;
  const code = `import(${JSON.stringify(source)}).then(async ({ lockFolder }) => {
    await lockFolder(${JSON.stringify(at)}); console.log('held'); setInterval(() => {}, 1000); })`;
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const end = (): Promise<void> => {
    child.kill('SIGKILL');
    return ended;
  };
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout!.once('data', () => resolve({ pid: child.pid!, end }));
  });
}

it('a second process is refused with the pid of the first, and takes over once that was killed', async () => {
  const at = folder();
  const first = await holder(at);
  const message = `${at}: process ${first.pid} is working in it; wait for it or stop it, or, if it is no longer running, remove ${lock(at)}`;
  await expect(lockFolder(at)).rejects.toThrow(message);
  await expect(requireUnlocked(at)).rejects.toThrow(message);
  await first.end();
  expect(existsSync(lock(at))).toBe(true);
  await requireUnlocked(at);
  const unlock = await lockFolder(at);
  expect(JSON.parse(readFileSync(lock(at), 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  await unlock();
  expect(readdirSync(at)).toEqual([]);
}, 60_000);

it('refuses a second work of the same process', async () => {
  const at = folder();
  const unlock = await lockFolder(at);
  await expect(lockFolder(at)).rejects.toThrow(`process ${process.pid} is working in it`);
  await unlock();
  await (await lockFolder(at))();
});

it.each([
  ['of a process that ended', { pid: 2 ** 22 + 1, host: hostname(), began: '' }],
  [
    'of a process whose number was used again',
    { pid: process.pid, host: hostname(), began: 'another boot 1' },
  ],
  ['that a full disk cut short', undefined],
  ['that is of no known form', { pid: 'x' }],
])('takes over a lock %s', async (_, content) => {
  const at = folder();
  writeFileSync(lock(at), content === undefined ? '{"pi' : JSON.stringify(content));
  const unlock = await lockFolder(at);
  await unlock();
  expect(readdirSync(at)).toEqual([]);
});

it('leaves the lock of another machine alone, and says what to do', async () => {
  const at = folder();
  writeFileSync(lock(at), JSON.stringify({ pid: 1, host: 'elsewhere', began: '' }));
  await expect(lockFolder(at)).rejects.toThrow(`process 1 on elsewhere is working in it; `);
  expect(readdirSync(at)).toEqual(['lock.json']);
});

it('of many that find a stale lock one gets the folder', async () => {
  const at = folder();
  writeFileSync(lock(at), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), began: '' }));
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(at)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(at)).toEqual(['lock.json']);
});

describe.each(['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'])('on a disk without hard links (%s)', (code) => {
  const withoutLinks = async <T>(work: () => Promise<T>): Promise<T> => {
    vi.mocked(fs.link).mockImplementation(async () => {
      throw Object.assign(new Error(`${code}: made up`), { code });
    });
    return work().finally(() => vi.mocked(fs.link).mockReset());
  };

  it('one gets the folder, others are refused, and it is given free again', async () => {
    const at = folder();
    await withoutLinks(async () => {
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockFolder(at)));
      const [taken, ...more] = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(more).toEqual([]);
      expect(readdirSync(at)).toEqual(['lock.json']);
      await expect(lockFolder(at)).rejects.toThrow(`process ${process.pid} is working in it`);
      await taken!();
      expect(readdirSync(at)).toEqual([]);
    });
  });
});

it('a lock that is being written is no stale one', async () => {
  const at = folder();
  writeFileSync(lock(at), '');
  const first = lockFolder(at);
  const second = requireUnlocked(at);
  const message = 'process 1 on elsewhere is working in it';
  const refused = [first, second].map((each) => expect(each).rejects.toThrow(message));
  await new Promise((resolve) => setTimeout(resolve, 100));
  writeFileSync(lock(at), JSON.stringify({ pid: 1, host: 'elsewhere', began: '' }));
  await Promise.all(refused);
});
