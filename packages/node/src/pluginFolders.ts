// Folders of plugins beside the components of a model directory.

import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensors } from '@spatiallock/core';
import { isDirectory } from './directory.js';
import { makeFolder } from './makeFolder.js';
import { type StreamTensorsOptions, streamTensors } from './streamTensors.js';

/** Folders with weights that the index does not name. */
export async function pluginFolders(
  place: string,
  components: readonly string[],
): Promise<readonly string[]> {
  if (!(await isDirectory(place))) return [];
  const others = (await readdir(place)).filter(
    (name) => !components.includes(name) && !/^\.|^training$/.test(name),
  );
  const kept = await Promise.all(
    others.map(async (name) => {
      // Folders may be links, as where models share them.
      const names = (await isDirectory(join(place, name))) ? await readdir(join(place, name)) : [];
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

/** Writes weights with what an adapter changed, in place of those that were copied to the folder; nothing where there are none. */
export async function writeAdapted(
  folder: string,
  weights: Tensors | undefined,
  options: StreamTensorsOptions,
): Promise<void> {
  if (!weights) return;
  const names = (await isDirectory(folder)) ? await readdir(folder) : [];
  const copied = names.filter((name) => /\.safetensors(\.index\.json)?$/.test(name));
  for (const name of copied) await rm(join(folder, name));
  const name = copied.length === 1 ? copied[0]! : 'model.safetensors';
  await streamTensors(join(folder, name), weights, options);
}
