// Large messages go through a file in memory: each process copies once, and neither waits for a full pipe.

import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';

export interface Inbox {
  /** For the `stdio` of the process that reads it. */
  readonly fd: number;
  /** Writes the parts one behind another from the file's start; what it held is gone. False where they do not fit. */
  put(parts: readonly Uint8Array[]): boolean;
  close(): void;
}

/** Memory that looks like a folder. */
const MEMORY = '/dev/shm';

/** A file that has no name any more, so that nothing is left of it after a kill; undefined where there is no such folder. */
export function openInbox(folder: string = MEMORY): Inbox | undefined {
  const fd = nameless(folder);
  return fd === undefined ? undefined : inboxOf(fd);
}

/** The inbox in an open file. */
export function inboxOf(fd: number): Inbox {
  return {
    fd,
    put(parts) {
      try {
        writeAll(fd, parts);
        return true;
      } catch {
        // Containers often have 64 MiB of such memory, which others need, too.
        empty(fd);
        return false;
      }
    },
    close: () => closeSync(fd),
  };
}

function writeAll(fd: number, parts: readonly Uint8Array[]): void {
  let at = 0;
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    const written = writevSync(fd, left, at);
    at += written;
    left = behind(left, written);
  }
}

function empty(fd: number): void {
  try {
    ftruncateSync(fd);
  } catch {
    // It holds nothing that counts.
  }
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
