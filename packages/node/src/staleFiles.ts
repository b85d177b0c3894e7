// What a process that was killed had begun to write beside its outputs.

import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkList } from '@spatiallock/core/checks';
import { checkPath } from './checkPath.js';
import { codeOf } from './fileFault.js';
import { isRunning } from './processes.js';

/** The name of the file, the process that wrote it, and a count. */
const TEMPORARY = /^(.+)\.(\d+)\.\d+\.tmp$/;

/**
 * Removes the temporary files of these outputs that an earlier process left. Those of a process that still runs stay,
 * and so does every other file. A folder that cannot be read is passed over.
 */
export async function removeStaleTemporaries(outputs: readonly string[]): Promise<void> {
  checkList(outputs, 'outputs', 'paths').forEach((path, i) => void checkPath(path, `outputs[${i}]`));
  const names = new Map<string, Set<string>>();
  for (const path of outputs) {
    const folder = dirname(path);
    names.set(folder, (names.get(folder) ?? new Set()).add(basename(path)));
  }
  for (const [folder, own] of names) {
    for (const name of await namesIn(folder)) {
      const [, output = '', pid = ''] = TEMPORARY.exec(name) ?? [];
      const path = join(folder, name);
      if (own.has(output) && (await isStale(path, Number(pid)))) await rm(path, { force: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** In a container each run may have the same number: what is older than this process is not its own. */
async function isStale(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isRunning(pid);
  try {
    const { mtimeMs } = await stat(path);
    return mtimeMs < Date.now() - 1000 * process.uptime();
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw cause;
  }
}
