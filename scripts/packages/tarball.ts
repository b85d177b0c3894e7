// A package as npm would publish it: publint, arethetypeswrong, and the files that must be in it.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Workspace } from './workspaces.js';

export interface Tarball {
  readonly path: string;
  /** Paths within the package. */
  readonly files: ReadonlySet<string>;
  /** In bytes, packed. */
  readonly size: number;
}

/** Runs a command and gives its output; throws with everything it printed when it fails. */
export function run(command: string, words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs workspaces into `folder`, in one call of npm. */
export function pack(workspaces: readonly Workspace[], folder: string): Tarball[] {
  const paths = workspaces.map(({ location }) => `./${location}`);
  const packed = JSON.parse(run('npm', ['pack', ...paths, '--json', '--pack-destination', folder])) as {
    filename: string;
    size: number;
    files: { path: string }[];
  }[];
  return packed.map(({ filename, size, files }) => ({
    path: join(folder, filename),
    size,
    files: new Set(files.map(({ path }) => path)),
  }));
}

/** Every path in a package's `exports`, whatever its conditions; patterns are left to publint. */
export function exportedPaths(entry: unknown): string[] {
  if (typeof entry === 'string') return entry.includes('*') ? [] : [entry.replace(/^\.\//, '')];
  return typeof entry === 'object' && entry !== null ? Object.values(entry).flatMap(exportedPaths) : [];
}

/** Files that a tarball lacks, one line each. `noticed`: whether art, or weights trained on it, are in the package. */
export function missingFiles({ manifest }: Workspace, { files }: Tarball, noticed: boolean): string[] {
  const scripts = [...files].filter((path) => path.startsWith('dist/') && path.endsWith('.js'));
  const needed = [
    ...exportedPaths(manifest.exports),
    ...Object.values(manifest.bin ?? {}).map((path) => path.replace(/^\.\//, '')),
    ...scripts.map((path) => `${path}.map`),
    'LICENSE',
    'README.md',
    ...(noticed ? ['NOTICE.md'] : []),
  ];
  return needed.filter((path) => !files.has(path)).map((path) => `${path}: is not packed`);
}

/** What publint and arethetypeswrong say; throws where they refuse. */
export function lint({ path }: Tarball): void {
  run('node_modules/.bin/publint', ['run', path, '--strict']);
  const form = ['--format', 'ascii', '--no-color', '--no-emoji'];
  run('node_modules/.bin/attw', [path, '--profile', 'esm-only', ...form]);
}
