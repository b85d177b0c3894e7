// Which of all mutants are tried.

import { random } from '@spatiallock/core/nn';
import type { Mutant } from './mutate.js';

/** The same in an order that the seed decides. */
export function shuffled<T>(given: readonly T[], seed: number): T[] {
  const rng = random(seed);
  const left = [...given];
  return given.map(() => left.splice(rng.int(left.length), 1)[0]!);
}

/** `count` of them by seed, at most one a line of a file, in the order of files and lines. */
export function sampleOf(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const byLine = new Map<string, Mutant>();
  for (const mutant of shuffled(mutants, seed)) {
    const place = `${mutant.file}:${mutant.line}`;
    if (byLine.size < count && !byLine.has(place)) byLine.set(place, mutant);
  }
  return [...byLine.values()].sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start);
}
