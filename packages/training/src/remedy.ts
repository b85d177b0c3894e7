// Damaged files that a training left: what to do about them.

import { messageOf } from '@spatiallock/core/checks';
import { codeOf } from '@spatiallock/node';

/** Gives what `read` gives; where it rejects for what the file holds, and not for the disk, the error says what to do about it. */
export async function remedied<T>(read: () => Promise<T>, remedy: string): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (codeOf(cause) !== undefined) throw cause;
    throw new Error(`${messageOf(cause)}; ${remedy}`, { cause });
  }
}
