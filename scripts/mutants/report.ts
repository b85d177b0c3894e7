// What became of the mutants, as lines for a person and as data.

import type { Mutant } from './mutate.js';

export type Verdict = 'killed' | 'timeout' | 'survived' | 'not run by a test';

export interface Outcome {
  readonly area: string;
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  /** The test that failed, or the files that passed. */
  readonly by: readonly string[];
  readonly milliseconds: number;
}

export interface AreaScore {
  readonly area: string;
  readonly tried: number;
  readonly killed: number;
  /** 0..1; 1 where nothing was tried. */
  readonly share: number;
}

const isKilled = ({ verdict }: Outcome): boolean => verdict === 'killed' || verdict === 'timeout';

export function scores(outcomes: readonly Outcome[]): AreaScore[] {
  return [...new Set(outcomes.map(({ area }) => area))].map((area) => {
    const own = outcomes.filter((each) => each.area === area);
    const killed = own.filter(isKilled).length;
    return { area, tried: own.length, killed, share: own.length === 0 ? 1 : killed / own.length };
  });
}

export const survivors = (outcomes: readonly Outcome[]): Outcome[] =>
  outcomes.filter((each) => !isKilled(each));

/** `packages/x/src/y.ts:12  a + b -> a - b`. */
export function lineOf({ file, line, before, after }: Mutant): string {
  const short = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 100);
  return `${file}:${line}  ${short(before)} -> ${short(after)}`;
}

export function markdown(outcomes: readonly Outcome[], seed: number): string {
  const rows = scores(outcomes).map(
    ({ area, tried, killed, share }) =>
      `| ${area} | ${tried} | ${killed} | ${tried - killed} | ${(100 * share).toFixed(1)} % |`,
  );
  const left = survivors(outcomes).map(({ mutant, verdict, by }) => {
    const passed = by.length > 0 ? `; passed: ${by.join(', ')}` : '';
    return `- \`${lineOf(mutant)}\` (${verdict}${passed})`;
  });
  return [
    `# Mutants, seed ${seed}`,
    '',
    '| area | tried | killed | survived | share |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '## Survivors',
    '',
    ...(left.length > 0 ? left : ['None.']),
    '',
  ].join('\n');
}
