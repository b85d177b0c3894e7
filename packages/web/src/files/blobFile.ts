// A file that a page was given, read in parts.

import { type FileOnDisk, messageOf } from '@spatiallock/core';
import { checkMethods, checkText } from '@spatiallock/core/checks';

/** Opens a blob under a name for errors. */
export type OpenBlob = (blob: Blob, name: string) => FileOnDisk;

/**
 * The file behind a blob. Only workers can read it at once: elsewhere reading throws. Throws, too, where the file was changed
 * or taken away since it was picked.
 */
export const blobFile: OpenBlob = (blob, name) => {
  checkMethods(blob, ['slice'], 'blob', 'a Blob, such as a File');
  checkText(name, 'name', 'the name of a file');
  return {
    size: blob.size,
    read(offset, length) {
      if (typeof FileReaderSync !== 'function') {
        throw new Error(`${name}: can be read in parts in a worker only; open the model there`);
      }
      const bytes = readNow(blob.slice(offset, offset + length), name);
      if (bytes.byteLength === length) return bytes;
      throw new Error(`${name}: ends before byte ${offset + length}; it is not whole, or became shorter`);
    },
  };
};

function readNow(part: Blob, name: string): Uint8Array {
  try {
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(part));
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/** The whole of a blob. Rejects with an error that names the file. */
export async function blobBytes(blob: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

const unreadable = (name: string, cause: unknown): Error =>
  new Error(
    `${name}: cannot be read any more, it was changed or moved; pick it again (${messageOf(cause)})`,
    {
      cause,
    },
  );
