// The folders of a data set: made before anything is painted, and freed of what a kill left in them.

import { readdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import {
  isDirectory,
  isTemporary,
  makeFolder,
  removeStaleTemporaries,
  removeTemporaries,
} from '@spatiallock/node';
import { InputError, reading } from '../errors.js';
import { type DatasetFormat, datasetFormats } from './assemble.js';
import { idOf, imagePath, recordPath } from './record.js';
import type { DatasetRequest } from './request.js';

/** Makes the data set's folder; gives what removes it again, with the folders above that were made, as long as it is empty. */
export async function openFolder(folder: string): Promise<() => Promise<void>> {
  const there = await stat(folder).catch(() => undefined);
  if (there && !there.isDirectory()) throw new InputError(`--out: ${folder} is a file; name a folder`);
  const made = await reading(() => makeFolder(folder), '--out: ');
  return async () => {
    for (const path of made.reverse()) {
      const removed = await rmdir(path).then(
        () => true,
        () => false,
      );
      if (!removed) return;
    }
  };
}

/** Makes all folders that the run writes to, so that one that cannot be made is reported at once. */
export async function makeFolders({ folder, formats, splits }: DatasetRequest): Promise<void> {
  const files = [
    recordPath(folder, idOf(0)),
    ...splits.map(({ name }) => join(folder, imagePath(name, '0'))),
  ];
  for (const format of formats) files.push(...filesOf(folder, format, splits));
  for (const path of files) await makeFolder(dirname(path));
}

/**
 * Throws an InputError where files of others stand in the folders that a new data set is written to: they would be replaced, the
 * labels that --coco names among them.
 */
export async function requireNoOther({ folder, formats, splits }: DatasetRequest): Promise<void> {
  const files = formats.flatMap((format) => filesOf(folder, format, splits));
  const folders = new Set(
    [...splits.map(({ name }) => join(folder, imagePath(name, '0'))), ...files].map((path) => dirname(path)),
  );
  const names = ['records.jsonl', 'statistics.html', ...(formats.includes('yolo') ? ['data.yaml'] : [])];
  const own = await Promise.all(
    names.map(async (name) => ((await stat(join(folder, name)).catch(() => undefined)) ? [name] : [])),
  );
  const within = await Promise.all(
    [...folders].map(async (path) => {
      const there = await readdir(path).catch(() => []);
      return there.filter((name) => !isTemporary(name)).map((name) => relative(folder, join(path, name)));
    }),
  );
  const [other] = [...own, ...within].flat();
  if (other === undefined) return;
  throw new InputError(
    `--out: ${folder} holds ${other}, which is of no data set made here; name another folder`,
  );
}

/** Removes what a run that was killed had begun to write; files of others in the folder stay. Rejects once `signal` is aborted. */
export async function removeUnfinished(
  { folder, splits }: DatasetRequest,
  signal: AbortSignal,
): Promise<void> {
  const all = datasetFormats.flatMap((format) => filesOf(folder, format, splits));
  const places = [
    recordPath(folder, idOf(0)),
    ...splits.map(({ name }) => join(folder, imagePath(name, '0'))),
  ];
  for (const path of new Set([...all, ...places].map((each) => dirname(each)))) {
    signal.throwIfAborted();
    if (await isDirectory(path)) await removeTemporaries(path);
  }
  const own = ['dataset.json', 'records.jsonl', 'statistics.html', 'data.yaml', 'lock.json'];
  await removeStaleTemporaries(own.map((name) => join(folder, name)));
}

/** A file in each folder that a format writes to. */
function filesOf(folder: string, format: DatasetFormat, splits: DatasetRequest['splits']): string[] {
  const names: Readonly<Record<DatasetFormat, readonly string[]>> = {
    coco: ['annotations/x'],
    yolo: splits.map(({ name }) => `labels/${name}/x`),
    voc: ['Annotations/x', 'JPEGImages/x', 'ImageSets/Main/x'],
    webdataset: ['shards/x'],
  };
  return names[format].map((name) => join(folder, name));
}
