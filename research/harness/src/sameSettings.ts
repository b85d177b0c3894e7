// A folder of a run knows what the run began with.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@spatiallock/cli/command';
import { codeOf, fileFault, writeFileAtomically } from '@spatiallock/node';

export interface RunSettings {
  /** The flag that names the folder. */
  readonly flag: string;
  readonly folder: string;
  /** What it holds, with its article. */
  readonly what: string;
  /** What later calls may not change. */
  readonly settings: object;
}

/**
 * Rejects where the folder holds a run with other settings. Gives what writes them down where none are there: call it when they are
 * known to be good, for a folder whose settings are wrong takes no others.
 */
export async function requireSameSettings(run: RunSettings): Promise<() => Promise<void>> {
  const { flag, folder, what, settings } = run;
  const path = join(folder, 'settings.json');
  const now = `${JSON.stringify(settings, null, 2)}\n`;
  const before = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw fileFault(path, 'read', cause);
  });
  if (before === undefined) return () => writeFileAtomically(path, now);
  if (before === now) return async () => undefined;
  throw new InputError(
    `--${flag}: ${folder} holds ${what} with other settings (${path}); choose another folder`,
  );
}
