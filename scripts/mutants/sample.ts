// Which of all mutants are tried.

import { random } from '@spatiallock/core';
import type { Mutant } from './mutate.js';

/** `count` of them by seed, at most one a line of a file, in the order of files and lines. */
export function sampleOf(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const rng = random(seed);
  const left = [...mutants];
  const lines = new Set<string>();
  const taken: Mutant[] = [];
  while (taken.length < count && left.length > 0) {
    const at = rng.int(left.length);
    const [mutant] = left.splice(at, 1) as [Mutant];
    const place = `${mutant.file}:${mutant.line}`;
    if (lines.has(place)) continue;
    lines.add(place);
    taken.push(mutant);
  }
  return taken.sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start);
}
