// Large messages go through a file in memory: each process copies once, and neither waits for a full pipe.

import { closeSync, mkdtempSync, openSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';

export interface Inbox {
  /** For the `stdio` of the process that reads it. */
  readonly fd: number;
  /** Writes the parts one behind another from the file's start; what it held is gone. */
  put(parts: readonly Uint8Array[]): void;
  close(): void;
}

/** Memory that looks like a folder. */
const MEMORY = '/dev/shm';

/** A file that has no name any more, so that nothing is left of it after a kill; undefined where there is no such folder. */
export function openInbox(folder: string = MEMORY): Inbox | undefined {
  const fd = nameless(folder);
  if (fd === undefined) return undefined;
  return {
    fd,
    put(parts) {
      let at = 0;
      let left = parts.filter((part) => part.length > 0);
      while (left.length > 0) {
        const written = writevSync(fd, left, at);
        at += written;
        left = behind(left, written);
      }
    },
    close: () => closeSync(fd),
  };
}

function nameless(parent: string): number | undefined {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(parent, 'spatiallock-'));
    return openSync(join(folder, 'inbox'), 'w+', 0o600);
  } catch {
    return undefined; // The pipe carries everything then.
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** What is left of the parts after so many bytes. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return parts.flatMap((part) => {
    const skipped = Math.min(skip, part.length);
    skip -= skipped;
    return skipped < part.length ? [part.subarray(skipped)] : [];
  });
}
