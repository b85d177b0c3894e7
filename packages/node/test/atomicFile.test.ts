// Writing files whole: what a disk may do meanwhile, and what is left of it.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import {
  createFolderAtomically,
  removeTemporaries,
  writeFileAtomically,
  writeFilesAtomically,
} from '../src/index.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, open: vi.fn(real.open), rename: vi.fn(real.rename) };
});

const root = mkdtempSync(join(tmpdir(), 'spatiallock-atomic-'));
afterAll(() => rmSync(root, { recursive: true }));
const real = {
  open: vi.mocked(fs).open.getMockImplementation()!,
  rename: vi.mocked(fs).rename.getMockImplementation()!,
};
afterEach(() => {
  vi.mocked(fs).open.mockImplementation(real.open);
  vi.mocked(fs).rename.mockImplementation(real.rename);
});

let next = 0;
const folder = (): string => {
  const path = join(root, String(next++));
  mkdirSync(path);
  return path;
};
const fault = (code: string): Error => Object.assign(new Error(`${code}: made up`), { code });

/** The names of calls in their order: what is synced before what is renamed. */
function watched(): string[] {
  const calls: string[] = [];
  const { open, rename } = vi.mocked(fs);
  open.mockImplementation(async (...args) => {
    const file = await real.open(...args);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      calls.push(`sync ${String(args[0]).replace(/\.\d+\.\d+\.tmp/, '.tmp')}`);
      await sync();
    };
    return file;
  });
  rename.mockImplementation(async (from, to) => {
    calls.push(`rename ${to}`);
    await real.rename(from, to);
  });
  return calls;
}

describe('writeFileAtomically', () => {
  it('syncs the file, renames it, and syncs the folder', async () => {
    const path = join(folder(), 'a.bin');
    const calls = watched();
    await writeFileAtomically(path, Uint8Array.of(1, 2));
    expect(calls).toEqual([`sync ${path}.tmp`, `rename ${path}`, `sync ${dirname(path)}`]);
    expect([...readFileSync(path)]).toEqual([1, 2]);
  });

  it('writes a text that comes in pieces, many at once and never the whole', async () => {
    const path = join(folder(), 'a.txt');
    const sizes: number[] = [];
    vi.mocked(fs).open.mockImplementation(async (...args) => {
      const file = await real.open(...args);
      const write = file.writeFile.bind(file);
      file.writeFile = async (data, ...more) => {
        sizes.push((data as string).length);
        await write(data, ...more);
      };
      return file;
    });
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"id": ${i}, "name": "Küche"}\n`);
    await writeFileAtomically(path, lines);
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
    expect([sizes.length > 2, sizes.length < 20, Math.max(...sizes) < 70_000]).toEqual([true, true, true]);
    function* failing() {
      yield 'a';
      throw new Error('no more');
    }
    await expect(writeFileAtomically(path, failing())).rejects.toThrow('no more');
    await expect(writeFileAtomically(path, [1] as never)).rejects.toThrow(/content: a piece: must be text/);
    expect([readFileSync(path, 'utf8').length, readdirSync(dirname(path))]).toEqual([
      lines.join('').length,
      ['a.txt'],
    ]);
  });

  it('makes the folders on the way', async () => {
    const at = folder();
    await writeFileAtomically(join(at, 'x', 'y', 'a.txt'), 'text');
    expect(readFileSync(join(at, 'x', 'y', 'a.txt'), 'utf8')).toBe('text');
  });

  it.each([
    ['ENOSPC', 'no space is left on the disk'],
    ['EACCES', 'permission denied'],
    ['EROFS', 'the disk is read-only'],
    ['EDQUOT', 'the disk quota is used up'],
  ])(
    '%s while writing names the file and the reason, and leaves the old file alone',
    async (code, reason) => {
      const at = folder();
      const path = join(at, 'a.txt');
      writeFileSync(path, 'old');
      const { open } = vi.mocked(fs);
      open.mockImplementationOnce(async (...args) => {
        const file = await real.open(...args);
        file.writeFile = () => Promise.reject(fault(code));
        return file;
      });
      await expect(writeFileAtomically(path, 'new')).rejects.toThrow(
        `${path}: cannot be written (${code}: ${reason})`,
      );
      expect(readdirSync(at)).toEqual(['a.txt']);
      expect(readFileSync(path, 'utf8')).toBe('old');
    },
  );

  it('a sync that fails is an error too: the bytes may not be on the disk', async () => {
    const at = folder();
    const { open } = vi.mocked(fs);
    open.mockImplementationOnce(async (...args) => {
      const file = await real.open(...args);
      file.sync = () => Promise.reject(fault('EIO'));
      return file;
    });
    await expect(writeFileAtomically(join(at, 'a'), 'new')).rejects.toThrow('a: cannot be written (EIO');
    expect(readdirSync(at)).toEqual([]);
  });

  it('names a file in the place of a folder, and a folder in the place of the file', async () => {
    const at = folder();
    writeFileSync(join(at, 'file'), '');
    await expect(writeFileAtomically(join(at, 'file', 'a'), 'x')).rejects.toThrow(
      `${join(at, 'file', 'a')}: cannot be written (`,
    );
    mkdirSync(join(at, 'is-folder'));
    await expect(writeFileAtomically(join(at, 'is-folder'), 'x')).rejects.toThrow('cannot be written (');
    expect(readdirSync(at).sort()).toEqual(['file', 'is-folder']);
  });

  it('tells a link that leads nowhere', async () => {
    const at = folder();
    symlinkSync(join(at, 'nowhere'), join(at, 'link'));
    await expect(writeFileAtomically(join(at, 'link', 'a'), 'x')).rejects.toThrow('cannot be written (');
  });
});

describe('writeFilesAtomically', () => {
  it('gives all files their names in order, once all are complete', async () => {
    const at = folder();
    const calls = watched();
    await writeFilesAtomically([
      { path: join(at, 'b'), content: 'x' },
      { path: join(at, 'a'), content: Uint8Array.of(7) },
    ]);
    const order = [`sync ${at}/b.tmp`, `sync ${at}/a.tmp`, `rename ${at}/b`, `rename ${at}/a`, `sync ${at}`];
    expect(calls).toEqual(order);
  });

  it('or none of them', async () => {
    const at = folder();
    writeFileSync(join(at, 'a'), 'old');
    const files = [
      { path: join(at, 'a'), content: 'new' },
      { path: join(at, 'a', 'b'), content: 'new' },
    ];
    await expect(writeFilesAtomically(files)).rejects.toThrow(`${at}/a/b: cannot be written`);
    expect(readdirSync(at)).toEqual(['a']);
    expect(readFileSync(join(at, 'a'), 'utf8')).toBe('old');
  });

  it('a rename that fails leaves no temporary file', async () => {
    const at = folder();
    mkdirSync(join(at, 'a'));
    await expect(writeFilesAtomically([{ path: join(at, 'a'), content: 'x' }])).rejects.toThrow(
      'cannot be written',
    );
    expect(readdirSync(at)).toEqual(['a']);
  });
});

describe('createFolderAtomically', () => {
  it('makes a folder with its files, synced before it has its name', async () => {
    const at = join(folder(), 'training');
    const calls = watched();
    expect(await createFolderAtomically(at, { 'settings.json': '{}' })).toBe(true);
    const named = calls.indexOf(`rename ${at}`);
    expect(calls.indexOf(`sync ${at}.tmp/settings.json`)).toBeLessThan(named);
    expect(calls.indexOf(`sync ${at}.tmp`)).toBeLessThan(named);
    expect(readdirSync(dirname(at))).toEqual(['training']);
  });

  it('changes nothing where something is in the way', async () => {
    const at = folder();
    writeFileSync(join(at, 'mine'), '');
    expect(await createFolderAtomically(at, { 'settings.json': '{}' })).toBe(false);
    expect(readdirSync(at)).toEqual(['mine']);
    expect(readdirSync(dirname(at)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

it('removeTemporaries removes what a kill left, and nothing else', async () => {
  const at = folder();
  mkdirSync(join(at, 'unet'));
  mkdirSync(join(at, 'training.12.0.tmp'));
  for (const name of [
    'a.tmp',
    'b.12.tmp',
    'state.safetensors.99.3.tmp',
    'unet/x.7.0.tmp',
    'unet/x',
    'training.12.0.tmp/y',
  ])
    writeFileSync(join(at, name), '');
  await removeTemporaries(at);
  expect(readdirSync(at).sort()).toEqual(['a.tmp', 'b.12.tmp', 'unet']);
  expect(readdirSync(join(at, 'unet'))).toEqual(['x']);
});
