// The validation losses of a training so far, kept beside its state.

import { join } from 'node:path';
import { directory } from '@spatiallock/node';
import { TRAINING_FOLDER } from './outFolder.js';

const FILE = 'validation.json';

/** By steps done; empty where nothing was measured yet. */
export async function readLosses(out: string): Promise<Record<string, number>> {
  const bytes = await directory(join(out, TRAINING_FOLDER)).read(FILE);
  return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, number>) : {};
}

export function writeLosses(out: string, losses: Readonly<Record<string, number>>): Promise<void> {
  const text = `${JSON.stringify(losses, null, 2)}\n`;
  return directory(join(out, TRAINING_FOLDER)).write(FILE, new TextEncoder().encode(text));
}
