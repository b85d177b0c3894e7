// Folders of plugins beside the components of a model directory.

import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDirectory } from './directory.js';
import { makeFolder } from './makeFolder.js';

/** Folders with weights that the index does not name. */
export async function pluginFolders(
  place: string,
  components: readonly string[],
): Promise<readonly string[]> {
  if (!(await isDirectory(place))) return [];
  const entries = await readdir(place, { withFileTypes: true });
  const others = entries.filter(
    (entry) => entry.isDirectory() && !components.includes(entry.name) && !/^\.|^training$/.test(entry.name),
  );
  const kept = await Promise.all(
    others.map(async ({ name }) => {
      const names = await readdir(join(place, name));
      return names.some((each) => each.endsWith('.safetensors')) ? [name] : [];
    }),
  );
  return kept.flat();
}

/** Copies the files of a folder, none of folders in it. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await makeFolder(to);
  for (const name of await readdir(from)) {
    if ((await stat(join(from, name))).isFile()) await copyFile(join(from, name), join(to, name));
  }
}
