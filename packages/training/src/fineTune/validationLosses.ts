// The validation losses of a training so far, kept beside its state.

import { join } from 'node:path';
import { parseJsonObject } from '@spatiallock/core/io';
import { codeOf, readTextFile, writeFileAtomically } from '@spatiallock/node';
import { remedied } from '../remedy.js';
import { TRAINING_FOLDER } from './outFolder.js';

const REMEDY = 'remove it to measure them anew';

const pathIn = (out: string): string => join(out, TRAINING_FOLDER, 'validation.json');

/** By steps done; empty where nothing was measured yet. Rejects, naming the file, where it is damaged. */
export async function readLosses(out: string): Promise<Record<string, number>> {
  const path = pathIn(out);
  const text = await readTextFile(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return '{}';
    throw cause;
  });
  const losses = await remedied(async () => parseJsonObject(text, path), REMEDY);
  if (Object.values(losses).every((loss) => typeof loss === 'number'))
    return losses as Record<string, number>;
  throw new Error(`${path} must hold a loss for each step; ${REMEDY}`);
}

export function writeLosses(out: string, losses: Readonly<Record<string, number>>): Promise<void> {
  return writeFileAtomically(pathIn(out), `${JSON.stringify(losses, null, 2)}\n`);
}
