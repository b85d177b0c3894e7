// Where downloads are kept: the browser's own file system (OPFS), or anything that is like it.

import { messageOf } from '@spatiallock/core';
import { checkText } from '@spatiallock/core/checks';

/** A file that is open; all calls count at once. `FileSystemSyncAccessHandle` is one. */
export interface StoreFile {
  /** In bytes. */
  getSize(): number;
  /** Fills `into` from `at` on; gives the number of bytes read, fewer at the end of the file. */
  read(into: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  /** Writes from `at` on; gives the number of bytes written. */
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  /** Makes the file `size` bytes long. */
  truncate(size: number): void;
  /** Brings what was written to the disk. */
  flush(): void;
  /** Lets others open the file. */
  close(): void;
}

/** A folder for downloads. */
export interface DownloadStore {
  /** Opens a file, which is made where there is none. Rejects where somebody else has it open. */
  open(name: string): Promise<StoreFile>;
  /** What a file holds; undefined where there is none. */
  blob(name: string): Promise<Blob | undefined>;
  /** Does nothing where there is none. */
  remove(name: string): Promise<void>;
  /** Names and sizes in bytes. */
  list(): Promise<readonly { readonly name: string; readonly size: number }[]>;
  /** Bytes that may still be written, where the browser says so. */
  free(): Promise<number | undefined>;
}

/** A folder of the browser's own file system, for workers. Rejects where the browser has none, as in private windows. */
export async function opfsStore(folder = 'spatiallock-models'): Promise<DownloadStore> {
  checkText(folder, 'folder', 'the name of a folder');
  const { navigator } = globalThis as Partial<Pick<typeof globalThis, 'navigator'>>;
  if (!navigator?.storage?.getDirectory)
    throw new Error('opfsStore: this browser has no file system of its own here; open the page by https');
  const root = await navigator.storage.getDirectory().catch((cause: unknown) => {
    throw new Error(
      `opfsStore: this browser gives no file system of its own here (${messageOf(cause)}), as in private windows; open the page in another window, or download by hand and give the files`,
      { cause },
    );
  });
  const place = await root.getDirectoryHandle(folder, { create: true });
  return {
    async open(name) {
      return opened(await place.getFileHandle(name, { create: true }));
    },
    blob: async (name) => (await place.getFileHandle(name).catch(unlessMissing))?.getFile(),
    remove: async (name) => place.removeEntry(name).catch(unlessMissing),
    async list() {
      const found: { name: string; size: number }[] = [];
      for await (const [name] of place.entries()) {
        const file = await (await place.getFileHandle(name)).getFile();
        found.push({ name, size: file.size });
      }
      return found;
    },
    async free() {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined ? undefined : quota - (usage ?? 0);
    },
  };
}

/** Handles that are being opened. Chromium never answers for one that is garbage-collected meanwhile. */
const opening = new Set<FileSystemFileHandle>();

async function opened(handle: FileSystemFileHandle): Promise<StoreFile> {
  opening.add(handle);
  try {
    return await handle.createSyncAccessHandle();
  } finally {
    opening.delete(handle);
  }
}

function unlessMissing(cause: unknown): undefined {
  if (cause instanceof DOMException && cause.name === 'NotFoundError') return undefined;
  throw cause;
}
