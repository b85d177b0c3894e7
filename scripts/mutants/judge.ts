// Tries mutants: each against the test files that run its place, the fastest first.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type Host, testHost } from './hostClient.js';
import type { HostReply, TestFileResult } from './hostMessages.js';
import { instrumented, mutated, type Numbered } from './instrument.js';
import type { Mutant } from './mutate.js';
import type { Outcome } from './report.js';

export interface JudgeOptions {
  readonly root: string;
  readonly area: string;
  readonly tests: readonly string[];
  readonly workers: number;
  /** The most milliseconds of tests for one mutant, by how long they took without it. */
  readonly limit: number;
  /** No mutant is begun after this time of `performance.now()`. */
  readonly until: number;
  /** No test file is tried without a mutant after this time; mutants that none ran by then are left out. */
  readonly baselineUntil: number;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Milliseconds of the processors beyond twice the tests' own time after which a mutant counts as a hang. */
const GRACE = 20_000;
/** On the wall so many times as much: what waits without computing is rare, a loaded machine is not. */
const PATIENCE = 10;
const HOUR = 3_600_000;

/** Throws where a test fails without any mutant. */
export async function judge(mutants: readonly Mutant[], options: JudgeOptions): Promise<Outcome[]> {
  const hits = mkdtempSync(join(tmpdir(), 'spatiallock-mutants-'));
  const host = testHost({ workers: options.workers, hits });
  const numbered = mutants.map((mutant, id) => ({ id, mutant }));
  const texts = new Map(
    mutants.map(({ file }) => [file, readFileSync(join(options.root, file), 'utf8')] as const),
  );
  try {
    const { results, complete } = await runInstrumented(host, numbered, texts, options);
    const runners = readHits(hits, options.root);
    const outcomes: Outcome[] = [];
    for (const { id, mutant } of numbered) {
      options.signal.throwIfAborted();
      if (performance.now() > options.until) break;
      const tests = results.filter(({ file }) => runners.get(file)?.has(id));
      if (tests.length === 0 && !complete) continue;
      const outcome = await tryOne(host, mutant, texts.get(mutant.file)!, tests, options);
      options.onOutcome(outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    host.close();
    rmSync(hits, { recursive: true, force: true });
  }
}

interface Baseline {
  /** Fastest first. */
  readonly results: readonly TestFileResult[];
  /** False where time ran out before all had run. */
  readonly complete: boolean;
}

async function runInstrumented(
  host: Host,
  mutants: readonly Numbered[],
  texts: ReadonlyMap<string, string>,
  { tests, baselineUntil, signal }: JudgeOptions,
): Promise<Baseline> {
  const changed = [...texts].map(([file, text]) => {
    const own = mutants.filter(({ mutant }) => mutant.file === file);
    return [file, instrumented(text, own)] as const;
  });
  const served = Object.fromEntries(changed);
  const results: TestFileResult[] = [];
  for (const test of tests) {
    signal.throwIfAborted();
    const left = baselineUntil - performance.now();
    const reply =
      left > 0 ? await host.run({ texts: served, tests: [test] }, { time: Math.min(left, HOUR) }) : undefined;
    if (!reply) break;
    const [result] = reply.tests;
    if (!result?.ok) throw new Error(`${test}: fails without any mutant: ${result?.error ?? 'no test ran'}`);
    if (reply.unhandled[0]) throw new Error(`${test}: fails without any mutant: ${reply.unhandled[0]}`);
    results.push(result);
  }
  return {
    results: results.sort((a, b) => a.milliseconds - b.milliseconds),
    complete: results.length === tests.length,
  };
}

/** The ids of the places that each test file ran. */
function readHits(folder: string, root: string): Map<string, ReadonlySet<number>> {
  const files = readdirSync(folder).map((name) => {
    const { testPath, hits } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    return [relative(root, testPath).replaceAll('\\', '/'), new Set<number>(hits)] as const;
  });
  return new Map(files);
}

async function tryOne(
  host: Host,
  mutant: Mutant,
  text: string,
  running: readonly TestFileResult[],
  { area, limit }: JudgeOptions,
): Promise<Outcome> {
  const tests = within(running, limit);
  if (tests.length === 0) return { area, mutant, verdict: 'not run by a test', by: [], milliseconds: 0 };
  const begin = performance.now();
  const time = tests.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const request = { texts: { [mutant.file]: mutated(text, mutant) }, tests: tests.map(({ file }) => file) };
  const processorTime = 2 * time + GRACE;
  const reply = await host.run(request, { processorTime, time: PATIENCE * processorTime });
  return { area, mutant, ...verdictOf(reply), milliseconds: performance.now() - begin };
}

/** The first files that together take no longer than the limit, and always one. */
function within(tests: readonly TestFileResult[], limit: number): readonly TestFileResult[] {
  let time = 0;
  const fits = tests.filter((test) => {
    time += test.milliseconds;
    return time <= limit;
  });
  return fits.length > 0 ? fits : tests.slice(0, 1);
}

function verdictOf(reply: HostReply | undefined): Pick<Outcome, 'verdict' | 'by'> {
  if (!reply) return { verdict: 'timeout', by: [] };
  const failed = reply.tests.find(({ ran, ok }) => ran && !ok);
  if (failed) return { verdict: 'killed', by: [`${failed.file}: ${failed.error ?? 'failed'}`] };
  if (reply.unhandled[0]) return { verdict: 'killed', by: [reply.unhandled[0]] };
  return { verdict: 'survived', by: reply.tests.map(({ file }) => file) };
}
