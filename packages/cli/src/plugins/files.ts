// The files that options of plugins name, such as weights: one of the same name and other bytes paints other pictures.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PartRecord } from '../modelRecord.js';
import type { ModelRequest } from '../request.js';

const DIGITS = 16;

/**
 * The files and networks' folders that options of these plugins name, each once, with a hash of all their bytes. Texts that
 * name nothing on this disk are no files.
 */
export async function pluginFiles({
  plugins = [],
  cwd = '.',
}: Pick<ModelRequest, 'plugins' | 'cwd'>): Promise<PartRecord[]> {
  const found: PartRecord[] = [];
  for (const path of new Set(plugins.flatMap(({ options }) => textsIn(options)))) {
    // What cannot be read the plugin cannot read either, and says so.
    const hash = await hashAt(resolve(cwd, path)).catch(() => undefined);
    if (hash !== undefined) found.push({ path, hash });
  }
  return found;
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Undefined for what is neither a file nor a network's folder. */
async function hashAt(path: string): Promise<string | undefined> {
  if ((await stat(path)).isFile()) return hashOf([path]);
  // Any other folder may be large, and is named by chance.
  const names = await readdir(path);
  return names.includes('config.json') ? hashOf(names.sort().map((name) => join(path, name))) : undefined;
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (!(await stat(path)).isFile()) continue;
    await pipeline(createReadStream(path), async (pieces) => {
      for await (const piece of pieces) hash.update(piece as Buffer);
    });
  }
  return hash.digest('hex').slice(0, DIGITS);
}
