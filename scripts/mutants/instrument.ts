// A source that notes which of its mutants' places are run.

import type { Mutant, Site } from './mutate.js';

/** The function that an instrumented source calls; the setup file of the runs defines it. */
export const HIT = '__spatiallockMutantHit';

export interface Numbered {
  readonly id: number;
  readonly mutant: Mutant;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
  /** Of insertions at one place, the lower order comes first. */
  readonly order: number;
}

/** The text with a call of `HIT` before each place, and nothing else changed. */
export function instrumented(text: string, mutants: readonly Numbered[]): string {
  const insertions = mutants.flatMap(({ id, mutant: { site } }) => around(site, id));
  insertions.sort((a, b) => a.at - b.at || a.order - b.order);
  let result = '';
  let from = 0;
  for (const { at, text: inserted } of insertions) {
    result += text.slice(from, at) + inserted;
    from = at;
  }
  return result + text.slice(from);
}

function around({ start, end, statement }: Site, id: number): Insertion[] {
  const call = `globalThis.${HIT}?.(${id})`;
  const [open, close] = statement ? [`{ ${call}; `, ' }'] : [`(${call}, `, ')'];
  // What ends here is closed first, the innermost before all; what begins here is opened from the outermost.
  return [
    { at: start, text: open, order: 1e9 - end },
    { at: end, text: close, order: -start },
  ];
}

/** The text with the mutant in place. */
export function mutated(text: string, { start, end, after }: Mutant): string {
  return text.slice(0, start) + after + text.slice(end);
}
