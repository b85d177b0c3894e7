// What the headers of a folder's safetensors files say, of those that are read when its model is opened.

import { type FileSource, messageOf } from '@spatiallock/core';
import {
  numberShapes,
  readSafetensorsHead,
  type SafetensorsEntry,
  type SafetensorsHeader,
  weightPaths,
} from '@spatiallock/core/io';
import { named } from './checkpoint.js';
import type { Shapes } from './identify.js';

/** The tensors of a component's files, those that are read; of other folders, of all. `fault` says why they cannot be read. */
export async function entriesIn(
  files: FileSource,
  paths: readonly string[],
  folder: string,
  variant?: string,
) {
  const listed: FileSource = {
    read: (path) => files.read(path),
    exists: async (path) => paths.includes(path),
  };
  const headers: SafetensorsHeader[] = [];
  let fault: string | undefined;
  try {
    const read = (await weightPaths(listed, folder, variant)) ?? othersIn(paths, folder);
    for (const path of read) headers.push(await headerOf(files, path));
  } catch (cause) {
    fault = messageOf(cause);
  }
  const entries: Readonly<Record<string, SafetensorsEntry>> = Object.assign(
    {},
    ...headers.map((header) => header.entries),
  );
  const shapes: Shapes = Object.assign({}, ...headers.map(numberShapes));
  return { entries, shapes, fault };
}

const othersIn = (paths: readonly string[], folder: string): readonly string[] =>
  paths.filter((path) => path.slice(0, path.lastIndexOf('/')) === folder && path.endsWith('.safetensors'));

/** Rejects with an error that names the file. */
async function headerOf(files: FileSource, path: string): Promise<SafetensorsHeader> {
  const file = await files.onDisk?.(path);
  if (!file) throw new Error(`${path} is missing`);
  return named(path, () => readSafetensorsHead(file));
}
