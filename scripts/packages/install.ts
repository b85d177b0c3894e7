// The packages as npm installs them into somebody's project, outside of the repository.

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pack } from './tarball.js';
import { publishedWorkspaces, readManifest } from './workspaces.js';

export const execute = promisify(execFile);

export interface Project {
  readonly folder: string;
  remove(): void;
}

/**
 * A project with tarballs of all published workspaces and with `others`, packages by name and version. Run it in the
 * repository's root, built. No package's install script runs.
 */
export async function installedProject(others: Readonly<Record<string, string>>): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'spatiallock-project-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const workspaces = publishedWorkspaces();
    const tarballs = pack(workspaces, folder);
    const ours = workspaces.map(({ manifest }, i) => [manifest.name, `file:${tarballs[i]?.path}`] as const);
    const dependencies = { ...Object.fromEntries(ours), ...others };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'project', private: true, type: 'module', dependencies }),
    );
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await execute('npm', ['install', ...flags], { cwd: folder, maxBuffer: 2 ** 26 });
    return { folder, remove };
  } catch (cause) {
    remove();
    throw cause;
  }
}

const OURS = '@spatiallock';

/**
 * A project with these of our packages alone, as npm unpacked them in another project, and with all that others publish:
 * what they import beyond their dependencies is not there.
 */
export function projectWith({ folder: installed }: Project, names: readonly string[]): Project {
  const folder = mkdtempSync(join(tmpdir(), 'spatiallock-project-'));
  const [from, to] = [installed, folder].map((each) => join(each, 'node_modules'));
  for (const name of names) cpSync(join(from, name), join(to, name), { recursive: true });
  const others = readdirSync(from).filter((name) => name !== OURS && !name.startsWith('.'));
  for (const name of others) symlinkSync(join(from, name), join(to, name), 'dir');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The versions of packages that this repository installs. */
export const installedVersions = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, readManifest(join('node_modules', name)).version]));
