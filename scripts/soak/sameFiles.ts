// Whether two folders hold the same bytes.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The bytes of every file by its path. */
export async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const),
  );
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Throws where a file is missing, left over or of other bytes; those in `timed` need only be there. */
export function requireSame(
  found: ReadonlyMap<string, Buffer>,
  expected: ReadonlyMap<string, Buffer>,
  timed: ReadonlySet<string> = new Set(),
): void {
  for (const path of found.keys()) if (!expected.has(path)) throw new Error(`soak: ${path} is left over`);
  for (const [path, bytes] of expected) {
    const other = found.get(path);
    if (!other) throw new Error(`soak: ${path} is missing`);
    if (!timed.has(path) && !other.equals(bytes)) {
      throw new Error(`soak: ${path} differs from that of a run that was never killed`);
    }
  }
}
