// The little that core needs of a file system; node, browsers and the hub each supply their own.

import { checkMethods, checkText } from '../checks/index.js';
import type { Tensors } from '../graph/tensor.js';
import type { ReadSafetensorsOptions } from './safetensors.js';
import { decodeUtf8, type JsonObject, parseJsonObject } from './text.js';

/** Which of a component's weight files is read, and how. */
export interface WeightOptions extends ReadSafetensorsOptions {
  /**
   * Prefer files of this variant, for instance `fp16` for model.fp16.safetensors; others are taken where it
   * is missing.
   */
  readonly variant?: string;
}

/** Where files are read from; paths are relative and use `/`. */
export interface FileSource {
  /** The whole file, or undefined when there is none; rejects when it cannot be read. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Whether there is such a file; spares reading it where that alone is asked. */
  exists?(path: string): Promise<boolean>;
  /** The file, to be read in parts when they are needed, or undefined when there is none; of disks only. */
  onDisk?(path: string): Promise<FileOnDisk | undefined>;
  /**
   * A component's weights where they lie in no file of that component, as in a single-file checkpoint; undefined: they
   * are looked for in files.
   */
  weights?(component: string, options: WeightOptions): Promise<Tensors | undefined>;
}

/** A file that is read in parts. */
export interface FileOnDisk {
  /** Absolute, as other programs of this machine may open it; undefined where none can, as of files that a page is given. */
  readonly path?: string;
  /** In bytes. */
  readonly size: number;
  /** Reads at once, into memory of its own that begins at a multiple of 8 bytes; throws where the file is shorter. */
  read(offset: number, length: number): Uint8Array;
}

/** Where files are written to; an implementation writes to a temporary name and renames. */
export interface FileSink {
  /** Writes a file whole, or leaves what was there; creates missing folders. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** Throws an error that begins with `path` unless files can be read from it. */
export function checkFiles(given: unknown, path = 'files'): void {
  checkMethods(given, ['read'], path, 'a source of files, an object with read(path) as urlFiles() gives');
}

/** The file's bytes; rejects with an error that names the file when it is missing. */
export async function readFile(source: FileSource, path: string): Promise<Uint8Array> {
  checkFiles(source);
  checkText(path, 'path', 'the path of a file');
  const bytes = await source.read(path);
  if (bytes === undefined) throw new Error(`${path} is missing`);
  return bytes;
}

/** The file's JSON object; rejects with an error that names the file when it is missing or malformed. */
export async function readJsonFile(source: FileSource, path: string): Promise<JsonObject> {
  return parseJsonObject(decodeUtf8(await readFile(source, path), path), path);
}
