// Folders with those above them.

import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { checkPath } from './checkPath.js';

/**
 * Creates a folder and those above it that do not exist; gives the ones that it made, the outermost first. Node's own recursive
 * `mkdir` never returns where a file system refuses new entries, as /proc does; this rejects with the error of the system.
 */
export async function makeFolder(path: string): Promise<string[]> {
  checkPath(path, 'path', 'the path of a folder');
  const missing: string[] = [];
  for (let at = resolve(path); at !== missing[0] && !(await isThere(at)); at = dirname(at))
    missing.unshift(at);
  // What is there and no folder is refused as the system does it.
  if (missing.length === 0 && !(await stat(path)).isDirectory()) await mkdir(path);
  const made: string[] = [];
  for (const folder of missing) if (await makeOne(folder)) made.push(folder);
  return made;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Whether it was made here: another process may have been faster. */
async function makeOne(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(folder)).isDirectory())
      return false;
    throw error;
  }
}
