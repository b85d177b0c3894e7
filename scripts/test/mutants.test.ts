// Finding mutants, noticing who runs them, and reading what a change touches.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { linesOf } from '../mutants/changed.js';
import { HIT, instrumented, mutated } from '../mutants/instrument.js';
import { withoutKnown } from '../mutants/known.js';
import { type Mutant, mutantsOf } from '../mutants/mutate.js';
import { processorTime } from '../mutants/processorTime.js';
import { typedSources } from '../mutants/program.js';
import { markdown, type Outcome, scores } from '../mutants/report.js';
import { sampleOf } from '../mutants/sample.js';

const root = mkdtempSync(join(tmpdir(), 'spatiallock-mutants-'));
writeFileSync(
  join(root, 'tsconfig.base.json'),
  '{ "compilerOptions": { "strict": true, "lib": ["ES2023"] } }',
);
afterAll(() => rmSync(root, { recursive: true }));

const cases: readonly (readonly [text: string, expected: readonly string[]])[] = [
  [
    'const y = (a: number) => a + 1;',
    ['const y = (a: number) => (a - 1);', 'const y = (a: number) => a + 2;'],
  ],
  [
    'const y = (a: number) => a < 0.5;',
    ['const y = (a: number) => (a <= 0.5);', 'const y = (a: number) => a < 0.75;'],
  ],
  [
    'const y = (a?: number) => a ?? -1;',
    [
      'const y = (a?: number) => (-1);',
      'const y = (a?: number) => a ?? (1);',
      'const y = (a?: number) => a ?? -2;',
    ],
  ],
  [
    'const y = (a: number, b: number) => Math.min(a, b);',
    ['const y = (a: number, b: number) => Math.max(a, b);'],
  ],
  [
    'const y = (a: number, b: number) => Math.atan2(a, b);',
    ['const y = (a: number, b: number) => Math.atan2(b, a);'],
  ],
  ['const y = (a: string, b: number) => a.padEnd(b, a);', []],
  [
    'const y = (a: string, i: number) => a.slice(0, i);',
    [
      'const y = (a: string, i: number) => a.slice(i, 0);',
      'const y = (a: string, i: number) => a.slice(0, i - 1);',
      'const y = (a: string, i: number) => a.slice(1, i);',
    ],
  ],
  ['const y = true;', ['const y = false;']],
  ['type Y = 1 | true;', []],
];

const guarded = [
  'function f(a: number[]) {',
  '  if (a.length === 3) throw new Error("has " + 3);',
  '  a.push(7);',
  '  for (const b of a) f([b]);',
  '}',
].join('\n');
const chained = [
  'const f = (a: { b?: number[] }, up: boolean) => {',
  '  let sum = 0;',
  '  for (const x of a.b?.slice(1, 3) ?? []) sum += x * 2;',
  '  if (up) sum = sum + 1;',
  '  else sum -= 5;',
  '  return sum;',
  '};',
  'globalThis.result = [f({ b: [1, 2, 3] }, true), f({}, true)];',
].join('\n');
const long = Array.from({ length: 40 }, (_, i) => `const y${i} = (a: number) => a + ${i};`).join('\n');

// One program for all: types cost seconds.
const texts = [...cases.map(([text]) => text), guarded, chained, long];
const nameOf = (text: string): string => `x${texts.indexOf(text)}.ts`;
for (const text of texts) writeFileSync(join(root, nameOf(text)), text);
const sources = typedSources(root, texts.map(nameOf));
const slips = (text: string): Mutant[] => mutantsOf(nameOf(text), sources);
/** The line that each mutant leaves. */
const left = (text: string): string[] =>
  slips(text).map((mutant) => mutated(text, mutant).split('\n')[mutant.line - 1]!.trim());

describe('mutantsOf', () => {
  it.each(cases)('%s', (text, expected) => {
    expect(left(text)).toEqual(expected);
  });

  it('negates conditions and removes statements, and lets the words of errors be', () => {
    expect(left(guarded)).toEqual([
      'if (!(a.length === 3)) throw new Error("has " + 3);',
      '{}',
      'if ((a.length !== 3)) throw new Error("has " + 3);',
      'if (a.length === 4) throw new Error("has " + 3);',
      '{}',
      'a.push(8);',
      '{}',
      'for (const b of a) {}',
    ]);
  });

  it('leaves out what is known to change nothing', () => {
    const [text] = cases[0]!;
    const known = [{ file: nameOf(text), line: text, before: '1', after: '2', reason: 'an example' }];
    expect(withoutKnown(slips(text), text, known).map(({ after }) => after)).toEqual(['(a - 1)']);
  });
});

describe('instrumented', () => {
  it('does what the source does, and tells which places were run', () => {
    const mutants = slips(chained);
    const noted = instrumented(
      chained,
      mutants.map((mutant, id) => ({ id, mutant })),
    );
    const hits = new Set<number>();
    const host = { [HIT]: (id: number) => hits.add(id), result: [0] };
    const script = noted.replace('(a: { b?: number[] }, up: boolean)', '(a, up)');
    new Function('globalThis', script)(host);
    expect(host.result).toEqual([11, 1]);
    const missed = mutants.filter((_, id) => !hits.has(id));
    expect(new Set(missed.map(({ line }) => line))).toEqual(new Set([5]));
  });
});

describe('a sample', () => {
  const mutants = slips(long);

  it('is decided by its seed, and takes one mutant a line', () => {
    const taken = sampleOf(mutants, 10, 1);
    expect(sampleOf(mutants, 10, 1)).toEqual(taken);
    expect(sampleOf(mutants, 10, 2)).not.toEqual(taken);
    expect(new Set(taken.map(({ line }) => line)).size).toBe(10);
    expect(sampleOf(mutants, 1000, 1)).toHaveLength(40);
  });

  it('is scored by area', () => {
    const verdicts = ['killed', 'timeout', 'survived', 'not run by a test'] as const;
    const outcomes: Outcome[] = verdicts.map((verdict, i) => ({
      area: i < 3 ? 'one' : 'other',
      mutant: mutants[i]!,
      verdict,
      by: [],
      milliseconds: 1,
    }));
    expect(scores(outcomes)).toEqual([
      { area: 'one', tried: 3, killed: 2, share: 2 / 3 },
      { area: 'other', tried: 1, killed: 0, share: 0 },
    ]);
    expect(markdown(outcomes, 5)).toContain('| one | 3 | 2 | 1 | 66.7 % |');
    const { line, before, after } = mutants[2]!;
    expect(markdown(outcomes, 5)).toContain(`:${line}  ${before} -> ${after}\` (survived)`);
  });
});

it('reads which lines a diff adds', () => {
  const diff = [
    'diff --git a/a.ts b/a.ts',
    '--- a/a.ts',
    '+++ b/a.ts',
    '@@ -3,2 +3 @@ function x() {',
    '-old',
    '-old',
    '+new',
    '@@ -10,0 +9,2 @@',
    '+one',
    '+two',
    '--- a/gone.ts',
    '+++ /dev/null',
    '@@ -1,2 +0,0 @@',
    '-x',
  ].join('\n');
  expect([...linesOf(diff)].map(([file, lines]) => [file, [...lines]])).toEqual([['a.ts', [3, 9, 10]]]);
});

describe('processor time of a group', () => {
  const stat =
    '77 (node (a) b) S 1 42 42 0 -1 4194560 900 0 0 0 125 17 300 400 20 0 11 0 5 6 7 18446744073709551615';

  it('adds what a process spent itself, in milliseconds, and leaves out its ended children', () => {
    expect(processorTime(stat, 42)).toBe(1420);
  });

  it('is nothing for a process of another group', () => {
    expect(processorTime(stat, 77)).toBe(0);
  });
});
