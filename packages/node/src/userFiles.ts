// Files of this machine, by the paths that people give.

import { basename, dirname, resolve } from 'node:path';
import type { UserFiles } from '@spatiallock/core';
import { checkPath } from './checkPath.js';
import { directory } from './directory.js';
import { readImage } from './images.js';

/** Files by absolute paths, or by paths from the folder `cwd`; what lies on the disk can stay there. */
export function userFiles(cwd: string): UserFiles {
  checkPath(cwd, 'cwd', 'the path of a folder');
  const at = (path: string) => {
    const whole = resolve(cwd, path);
    return { folder: directory(dirname(whole)), name: basename(whole), whole };
  };
  return {
    read: (path) => at(path).folder.read(at(path).name),
    exists: async (path) => (await at(path).folder.exists?.(at(path).name)) ?? false,
    onDisk: async (path) => at(path).folder.onDisk?.(at(path).name),
    readImage: (path) => readImage(at(path).whole),
  };
}
