// The little that core needs of a file system; node, browsers and the hub each supply their own.

import { decodeUtf8, type JsonObject, parseJsonObject } from './text.js';

/** Where files are read from; paths are relative and use `/`. */
export interface FileSource {
  /** The whole file, or undefined when there is none; rejects when it cannot be read. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Whether there is such a file; spares reading it where only its place is asked for. */
  exists?(path: string): Promise<boolean>;
}

/** Where files are written to; an implementation writes to a temporary name and renames. */
export interface FileSink {
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** The file's bytes; rejects with an error that names the file when it is missing. */
export async function readFile(source: FileSource, path: string): Promise<Uint8Array> {
  const bytes = await source.read(path);
  if (bytes === undefined) throw new Error(`${path} is missing`);
  return bytes;
}

/** The file's JSON object; rejects with an error that names the file when it is missing or malformed. */
export async function readJsonFile(source: FileSource, path: string): Promise<JsonObject> {
  return parseJsonObject(decodeUtf8(await readFile(source, path), path), path);
}
