// Files appear whole or not at all, also where the process or the machine stops in between.

import { constants, copyFile, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkBytes, checkList, checkObject, checkText } from '@spatiallock/core/checks';
import { checkPath } from './checkPath.js';
import { fileFault } from './fileFault.js';
import { makeFolder } from './makeFolder.js';

/** What a file holds: bytes, a text, or the pieces of one, which is as long as need be. */
export type FileContent = Uint8Array | string | Iterable<string>;

/** A file that is to be written: its path and its content. */
export interface FileToWrite {
  readonly path: string;
  readonly content: FileContent;
}

const isPieces = (given: unknown): given is Iterable<string> =>
  typeof given === 'object' && given !== null && !ArrayBuffer.isView(given) && Symbol.iterator in given;

function checkContent(given: unknown, path: string): void {
  if (typeof given !== 'string' && !isPieces(given)) checkBytes(given, path);
}

/** Letters that are written at once: short pieces are put together. */
const GROUP = 2 ** 16;

function* grouped(pieces: Iterable<string>): Generator<string> {
  let group: string[] = [];
  let letters = 0;
  for (const piece of pieces) {
    group.push(checkText(piece, 'content: a piece'));
    letters += piece.length;
    if (letters < GROUP) continue;
    yield group.join('');
    [group, letters] = [[], 0];
  }
  yield group.join('');
}

/** What `temporaryName` makes. */
const TEMPORARY = /\.\d+\.\d+\.tmp$/;
/** Folders cannot be opened, or not be synced, on some systems; there the rename has to do. */
const NO_FOLDER_SYNC = new Set(['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM']);

let written = 0;

/** A name beside `path` that no other process takes. */
export function temporaryName(path: string): string {
  checkPath(path, 'path', 'the path of a file');
  return `${path}.${process.pid}.${written++}.tmp`;
}

/**
 * Writes a file under a temporary name beside it, syncs it to the disk and renames it, so that a kill or a power cut
 * leaves either the old file or the new one. Creates missing parent directories. Rejects with an error that names the
 * file and the reason.
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  checkPath(path, 'path', 'the path of a file');
  checkContent(content, 'content');
  await writeFilesAtomically([{ path, content }]);
}

/**
 * As `writeFileAtomically`, for several files that take their names, in order, once all are complete. Where writing
 * fails, the temporary files are removed and none of the files has changed.
 */
export async function writeFilesAtomically(files: readonly FileToWrite[]): Promise<void> {
  checkList(files, 'files', 'files { path, content }').forEach((file, i) => {
    const { path, content } = checkObject(file, `files[${i}]`);
    checkPath(path, `files[${i}].path`);
    checkContent(content, `files[${i}].content`);
  });
  const pending = files.map((file) => ({ ...file, temporary: temporaryName(file.path) }));
  try {
    for (const { path, temporary, content } of pending) {
      await named(path, async () => {
        await createFolder(dirname(path));
        await writeSynced(temporary, content);
      });
    }
    for (const { path, temporary } of pending) await named(path, () => rename(temporary, path));
  } catch (cause) {
    // What is left of a full disk must not hide why writing failed.
    await Promise.allSettled(pending.map(({ temporary }) => rm(temporary, { force: true })));
    throw cause;
  }
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) await syncFolder(folder);
}

/** Copies a file as `writeFileAtomically` writes one; a link is copied as the file that it leads to. */
export async function copyFileAtomically(from: string, to: string): Promise<void> {
  checkPath(from, 'from');
  checkPath(to, 'to');
  const temporary = temporaryName(to);
  try {
    await named(to, async () => {
      await createFolder(dirname(to));
      await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      const file = await open(temporary, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, to);
    });
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  }
  await syncFolder(dirname(to));
}

/**
 * Makes a folder that holds these files from the moment it has its name. Returns false, and changes nothing, where
 * there is a folder that holds something already.
 */
export async function createFolderAtomically(
  path: string,
  files: Readonly<Record<string, FileContent>>,
): Promise<boolean> {
  checkPath(path, 'path', 'the path of a folder');
  for (const [name, content] of Object.entries(checkObject(files, 'files')))
    checkContent(content, `files.${name}`);
  const temporary = temporaryName(path);
  try {
    await named(path, async () => {
      await createFolder(temporary);
      for (const [name, content] of Object.entries(files)) await writeSynced(join(temporary, name), content);
      await syncFolder(temporary);
    });
    return await named(path, () => renamed(temporary, path));
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Syncs a folder, so that names given in it last. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    if (!NO_FOLDER_SYNC.has((cause as NodeJS.ErrnoException).code ?? ''))
      throw fileFault(path, 'synced', cause);
  }
}

/** Whether a file or folder of that name is one that was being written. */
export function isTemporary(path: string): boolean {
  checkPath(path, 'path', 'the path of a file');
  return TEMPORARY.test(basename(path));
}

/**
 * Removes what a killed process was writing in a folder and below it. Call it only where no other process writes there,
 * as under `lockFolder`.
 */
export async function removeTemporaries(folder: string): Promise<void> {
  checkPath(folder, 'folder', 'the path of a folder');
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isTemporary(path)) await rm(path, { recursive: true, force: true });
    else if (entry.isDirectory()) await removeTemporaries(path);
  }
}

/** Writes a file that must not exist yet, and syncs it to the disk. */
export async function writeSynced(path: string, content: FileContent): Promise<void> {
  const file = await open(path, 'wx');
  try {
    // Each goes behind the one before.
    for (const part of isPieces(content) ? grouped(content) : [content]) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** New folders are synced into their parents. */
async function createFolder(path: string): Promise<void> {
  const [first] = await makeFolder(path);
  if (first !== undefined) await syncFolder(dirname(first));
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw cause;
  }
  await syncFolder(dirname(to));
  return true;
}

async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw fileFault(path, 'written', cause);
  }
}
