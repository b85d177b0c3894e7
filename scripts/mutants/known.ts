// Mutants that change nothing that a test could see.

import { readFileSync } from 'node:fs';
import type { Mutant } from './mutate.js';

export interface KnownMutant {
  readonly file: string;
  /** The line as it stands, without the space around it. */
  readonly line: string;
  readonly before: string;
  readonly after: string;
  /** Why no test can tell. */
  readonly reason: string;
}

const path = new URL('./equivalent.json', import.meta.url);

export const readKnown = (): readonly KnownMutant[] => JSON.parse(readFileSync(path, 'utf8'));

/** Leaves out those that are known; `text` is the source of `mutants`. */
export function withoutKnown(
  mutants: readonly Mutant[],
  text: string,
  known: readonly KnownMutant[],
): Mutant[] {
  const lines = text.split('\n');
  return mutants.filter(
    ({ file, line, before, after }) =>
      !known.some(
        (each) =>
          each.file === file &&
          each.line === lines[line - 1]?.trim() &&
          each.before === before &&
          each.after === after,
      ),
  );
}
