// What a model on this disk says of itself, before it is loaded.

import type { FileSource } from '@spatiallock/core';
import { readModelDeclaration } from '@spatiallock/core/modules';
import { readWords } from '@spatiallock/core/pipeline';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, isDirectory } from '@spatiallock/node';
import { reading } from './errors.js';
import { type ModelPlace, openSource } from './modelFlags.js';

/** The files of a model directory on this disk, with an adapter over them; none where it is elsewhere, or one file. */
export async function localFiles({
  model = modelDirectory,
  source,
}: ModelPlace): Promise<FileSource | undefined> {
  if (!(await isDirectory(model))) return undefined;
  const adapter = source?.adapter;
  if (adapter === undefined) return directory(model);
  return (await reading(() => openSource(model, { adapter }), '')).files;
}

/** The words that a model on this disk knows; undefined where any word may be used, or where that is not known yet. */
export async function localWords(place: ModelPlace): Promise<readonly string[] | undefined> {
  // Embeddings bring words of their own.
  if (place.source?.embeddings) return undefined;
  const files = await localFiles(place);
  return files && knownWords(files, '--model');
}

/** The words that a model knows; undefined: any. Rejects with an InputError that names the flag. */
export function knownWords(files: FileSource, flag: string): Promise<readonly string[] | undefined> {
  return reading(async () => readWords(files, (await readModelDeclaration(files))?.vocabulary), `${flag}: `);
}
