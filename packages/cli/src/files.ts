// Files appear whole or not at all, where they may be written.

import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { showValue } from '@spatiallock/core/checks';
import { removeStaleTemporaries, temporaryName } from '@spatiallock/node';
import { InputError } from './errors.js';

export { type FileToWrite as OutputFile, writeFilesAtomically as writeFiles } from '@spatiallock/node';

/** What is written to see whether a folder can be written to. */
const PROBE = '.spatiallock';

/** The absolute path of an output that the command can write; throws an InputError, naming `flag`, where it cannot. */
export async function outputPath(
  cwd: string,
  given: string,
  flag: string,
  extensions: readonly string[],
): Promise<string> {
  if (!extensions.includes(extname(given).toLowerCase())) {
    throw new InputError(`${flag}: must end in ${extensions.join(' or ')}, not ${showValue(given)}`);
  }
  const path = resolve(cwd, given);
  const folder = dirname(path);
  const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new InputError(`${flag}: ${folder} cannot be used as a folder (${cause.code}); choose another`, {
      cause,
    });
  });
  if (!found) throw new InputError(`${flag}: the folder ${folder} does not exist; make it first`);
  if (!found.isDirectory()) throw new InputError(`${flag}: ${folder} is not a folder; choose another`);
  await requireFileName(path, flag);
  await requireWritable(folder, flag);
  return path;
}

/** Bytes of a file's name: systems allow 255, of which temporary names take some. */
const MOST_NAME = 220;

/** Refuses to replace a folder or a device, and names that are too long; throws an InputError that names `flag`. */
export async function requireFileName(path: string, flag: string): Promise<void> {
  const bytes = Buffer.byteLength(basename(path));
  if (bytes > MOST_NAME) {
    const name = showValue(basename(path));
    throw new InputError(`${flag}: ${name} is too long, ${bytes} bytes; at most ${MOST_NAME} fit`);
  }
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) {
    throw new InputError(`${flag}: ${path} is not a file; choose another name`);
  }
}

/** Tries it: permissions alone tell nothing of read-only disks. */
async function requireWritable(folder: string, flag: string): Promise<void> {
  const probe = temporaryName(join(folder, PROBE));
  try {
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw new InputError(`${flag}: the folder ${folder} cannot be written to; choose another`, { cause });
  }
}

/** "out/picture.png" and 2 make "out/picture-2.png"; the whole path when there is one picture only. */
export function numberedPath(path: string, index: number, count: number): string {
  if (count === 1) return path;
  const extension = extname(path);
  return `${path.slice(0, -extension.length)}-${index + 1}${extension}`;
}

/** The same path with another extension, dot included. */
export function besidePath(path: string, extension: string): string {
  return path.slice(0, -extname(path).length) + extension;
}

/** Removes what an earlier run that was killed had begun to write in the places of these outputs. */
export async function removeLeftovers(outputs: readonly string[]): Promise<void> {
  const probes = outputs.map((path) => join(dirname(path), PROBE));
  await removeStaleTemporaries([...outputs, ...probes]);
}
