// Hugging Face's cache on a disk: models--owner--name/{blobs,refs,snapshots}, as Python's huggingface_hub keeps it.

import { readdir, readFile, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { checkText } from '@spatiallock/core/checks';
import { copyFileAtomically, writeFileAtomically } from '../atomicFile.js';
import { checkPath } from '../checkPath.js';
import { codeOf, fileFault, isWithoutLinks } from '../fileFault.js';
import { makeFolder } from '../makeFolder.js';

export const DEFAULT_REVISION = 'main';
const COMMIT = /^[0-9a-f]{40}$/;

/** `owner/name` or `name`, as the hub spells them. */
export const isHubId = (text: string): boolean =>
  /^[\w][\w.-]{0,95}\/[\w][\w.-]{0,95}$/.test(text) && !/\.\.|--/.test(text);

/** A file of a repository, as people write it: `owner/name/file.safetensors`, also in a folder there. */
export interface HubFile {
  readonly id: string;
  readonly path: string;
}

/** What `owner/name/file.safetensors` means; undefined for other texts. */
export function hubFileOf(text: string): HubFile | undefined {
  checkText(text, 'text');
  const [, id = '', path = ''] = /^([^/]+\/[^/]+)\/(.+\.safetensors)$/.exec(text) ?? [];
  const isSafe = path.split('/').every((part) => /^[\w][\w .+=,()-]*$/.test(part));
  return isHubId(id) && isSafe ? { id, path } : undefined;
}

export const repoFolder = (cache: string, id: string): string =>
  join(cache, `models--${id.replaceAll('/', '--')}`);

/** The id that a cache folder stands for; undefined for a folder of another name. */
export function idOfFolder(folder: string): string | undefined {
  const [, name] = /^models--(.+)$/.exec(basename(folder)) ?? [];
  return name?.replaceAll('--', '/');
}

/** The commit that a branch or tag pointed to when it was last fetched; a commit is itself. */
export async function cachedCommit(repo: string, revision: string): Promise<string | undefined> {
  if (COMMIT.test(revision))
    return (await isFolder(join(repo, 'snapshots', revision))) ? revision : undefined;
  const text = await readFile(join(repo, 'refs', ...safeParts(revision)), 'utf8').catch(unlessMissing);
  const commit = text?.trim();
  return commit && (await isFolder(join(repo, 'snapshots', commit))) ? commit : undefined;
}

/**
 * The snapshot in a folder `models--owner--name`: that of the revision, default `main`, or the only one there is. Rejects
 * with an error that lists what is there.
 */
export async function snapshotIn(repo: string, revision?: string): Promise<string> {
  checkPath(repo, 'repo', 'the path of a folder');
  const commit = await cachedCommit(repo, revision ?? DEFAULT_REVISION);
  if (commit !== undefined) return join(repo, 'snapshots', commit);
  const all = (await readdir(join(repo, 'snapshots')).catch(unlessMissing)) ?? [];
  if (revision === undefined && all.length === 1) return join(repo, 'snapshots', all[0]!);
  const refs = (await readdir(join(repo, 'refs')).catch(unlessMissing)) ?? [];
  throw new Error(
    `${repo}: this cache holds no revision ${revision ?? DEFAULT_REVISION}; ` +
      (refs.length + all.length === 0 ? 'it is empty' : `it has ${[...refs, ...all].join(', ')}`),
  );
}

export async function writeRef(repo: string, revision: string, commit: string): Promise<void> {
  if (revision === commit) return;
  const path = join(repo, 'refs', ...safeParts(revision));
  // A cache that holds all of it may be read-only.
  if ((await readFile(path, 'utf8').catch(unlessMissing))?.trim() === commit) return;
  await writeFileAtomically(path, commit);
}

/** Names a blob in a snapshot by a relative link, or by a copy where the system has no links. */
export async function linkBlob(repo: string, commit: string, path: string, blob: string): Promise<void> {
  const pointer = join(repo, 'snapshots', commit, ...safeParts(path));
  if (await stat(pointer).catch(unlessMissing)) return;
  await makeFolder(dirname(pointer));
  try {
    await symlink(relative(dirname(pointer), blob), pointer);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return;
    if (!isWithoutLinks(cause)) throw fileFault(pointer, 'written', cause);
    await copyFileAtomically(blob, pointer);
  }
}

/** The parts of a path or revision that the hub named; throws where one would lead out of the folder. */
export function safeParts(path: string): readonly string[] {
  const parts = path.split('/');
  if (
    path !== '' &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0:]/.test(part))
  ) {
    return parts;
  }
  throw new Error(`${JSON.stringify(path)}: cannot be the name of a file or revision of a repository`);
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(unlessMissing))?.isDirectory() ?? false;
}

function unlessMissing(cause: unknown): undefined {
  const code = codeOf(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw cause;
}
