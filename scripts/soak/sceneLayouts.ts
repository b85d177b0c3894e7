// Layouts that the embedded model can paint, as a file.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { heldOutScenes } from '@spatiallock/scenes';

/** Beyond all seeds that figures are published of. */
const SEED = 900;

/** Writes `count` held-out layouts into a folder; gives the path of the file. */
export async function writeLayouts(folder: string, count: number): Promise<string> {
  const path = join(folder, 'layouts.jsonl');
  const lines = heldOutScenes(SEED, count).map(({ layout }) => `${JSON.stringify(layout)}\n`);
  await writeFile(path, lines.join(''));
  return path;
}
