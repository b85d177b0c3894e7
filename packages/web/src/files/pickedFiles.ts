// Files that a visitor picked, as a source of files.

import type { FileSource } from '@spatiallock/core';
import { checkIterable, checkList, checkMethods, checkObject, checkText } from '@spatiallock/core/checks';
import { blobBytes, blobFile, type OpenBlob } from './blobFile.js';

/** A file and its path from the picked folder on, with `/`; of a file picked alone its name. */
export interface PickedFile {
  readonly path: string;
  readonly blob: Blob;
}

/** A source of files whose paths are known. */
export interface ListedFiles extends FileSource {
  readonly paths: readonly string[];
}

/** Folders below the picked one that are looked into. */
const MOST_DEPTH = 4;
const MOST_FILES = 10_000;

/** The files of a form's field: `webkitdirectory`, or some files. */
export function filesOfField(files: Iterable<File>): PickedFile[] {
  checkIterable(files, 'files', 'files');
  return [...files].map((file) => {
    checkMethods(file, ['slice'], 'files', 'a list of files, as an input field gives');
    return { path: file.webkitRelativePath || file.name, blob: file };
  });
}

/** The files of a folder that `showDirectoryPicker` gave. Rejects where there are more than 10,000. */
export async function filesOfFolder(folder: FileSystemDirectoryHandle): Promise<PickedFile[]> {
  checkObject(folder, 'folder');
  checkMethods(folder, ['entries'], 'folder', 'the handle of a folder, as showDirectoryPicker() gives');
  const found: PickedFile[] = [];
  const visit = async (handle: FileSystemDirectoryHandle, path: string, depth: number): Promise<void> => {
    for await (const [name, entry] of handle.entries()) {
      if (name.startsWith('.')) continue;
      const place = `${path}/${name}`;
      if (isFile(entry)) found.push({ path: place, blob: await entry.getFile() });
      else if (isFolder(entry) && depth < MOST_DEPTH) await visit(entry, place, depth + 1);
      if (found.length > MOST_FILES) {
        throw new Error(`${folder.name}: holds more than ${MOST_FILES} files; pick the folder of one model`);
      }
    }
  };
  await visit(folder, folder.name, 0);
  return found;
}

const isFile = (entry: FileSystemHandle): entry is FileSystemFileHandle => entry.kind === 'file';
const isFolder = (entry: FileSystemHandle): entry is FileSystemDirectoryHandle => entry.kind === 'directory';

/** The files below `root`, which ends with a slash or is empty. */
export function pickedSource(
  files: readonly PickedFile[],
  root: string,
  open: OpenBlob = blobFile,
): ListedFiles {
  checkPicked(files, 'files');
  checkText(root, 'root');
  const below = files.filter(({ path }) => path.startsWith(root));
  const blobs = new Map(below.map(({ path, blob }) => [path.slice(root.length), blob]));
  return {
    paths: [...blobs.keys()],
    async read(path) {
      const blob = blobs.get(path);
      return blob && blobBytes(blob, root + path);
    },
    exists: async (path) => blobs.has(path),
    async onDisk(path) {
      const blob = blobs.get(path);
      return blob && open(blob, root + path);
    },
  };
}

/** Throws an error that begins with `path` unless these are files that `filesOfField` or `filesOfFolder` gave. */
export function checkPicked(given: unknown, path: string): void {
  checkList(given, path, 'files { path, blob }').forEach((file, i) => {
    checkText(checkObject(file, `${path}[${i}]`).path, `${path}[${i}].path`);
  });
}
