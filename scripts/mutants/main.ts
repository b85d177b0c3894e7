// `npm run mutants -- --area poi --count 100`: small slips put into the code one at a time; do the tests notice?

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choice, type Flags, number, text, wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { type Area, areas, filesOf } from './areas.js';
import { type ChangedLines, changedLines, defaultBase, linesAt } from './changed.js';
import { fastestFirst } from './durations.js';
import { judge } from './judge.js';
import { planOf } from './plan.js';
import { lineOf, markdown, type Outcome, scores, survivors } from './report.js';

/** Of limited time, the share in which tests run without mutants. */
const BASELINE_SHARE = 0.4;
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Request {
  readonly areas: readonly Area[];
  readonly count: number;
  readonly seed: number;
  readonly lines?: ChangedLines;
  readonly floor: number;
  readonly workers: number;
  readonly seconds: number;
  readonly limit: number;
}

await runCommand({
  name: 'mutants',
  description:
    'Put small slips into the code, one at a time and never on the disk, and run the tests near them.',
  args: {
    area: {
      type: 'string',
      valueHint: 'poi',
      description: `one of ${areas.map(({ name }) => name).join(', ')}; default all`,
    },
    count: { type: 'string', valueHint: '100', description: 'mutants for each area; default 100' },
    seed: {
      type: 'string',
      valueHint: '1',
      description: 'which mutants; default a fresh one, which is printed',
    },
    changed: {
      type: 'boolean',
      description: 'only lines that differ from --base; --count is then for all areas together',
    },
    at: {
      type: 'string',
      valueHint: 'FILE:LINE,FILE:LINE',
      description: 'only these lines, to see whether a new test notices them',
    },
    base: {
      type: 'string',
      valueHint: 'main',
      description: 'with --changed: a revision; default main, on main the commit before',
    },
    floor: {
      type: 'string',
      valueHint: '0.85',
      description: 'the share that must be noticed in each area, 0..1; default 0.85',
    },
    workers: { type: 'string', valueHint: '1', description: 'test files that run at a time; default 1' },
    seconds: {
      type: 'string',
      valueHint: '7200',
      description: 'start no further mutant after this time; default none',
    },
    limit: {
      type: 'string',
      valueHint: '60',
      description: 'seconds of tests for one mutant, the fastest files first; default 60',
    },
  },
  run: (flags, { signal, say }) => run(readRequest(flags), signal, say),
});

function readRequest(flags: Flags): Request {
  const area = choice(
    flags,
    'area',
    areas.map(({ name }) => name),
  );
  const places = text(flags, 'at');
  const base = flags.has('changed') ? (text(flags, 'base') ?? defaultBase(root)) : undefined;
  const lines = places !== undefined ? linesAt(places) : base === undefined ? undefined : linesSince(base);
  return {
    areas: areas.filter(({ name }) => area === undefined || name === area),
    count: wholeNumber(flags, 'count', { min: 1 }) ?? 100,
    seed: wholeNumber(flags, 'seed', { min: 0 }) ?? Math.floor(Math.random() * 1e6),
    ...(lines === undefined ? {} : { lines }),
    floor: number(flags, 'floor', { min: 0, max: 1 }) ?? 0.85,
    workers: wholeNumber(flags, 'workers', { min: 1 }) ?? 1,
    seconds: number(flags, 'seconds', { min: 0 }) ?? Number.POSITIVE_INFINITY,
    limit: number(flags, 'limit', { min: 1 }) ?? 60,
  };
}

/** Without a revision to compare with, nothing is known to have changed. */
function linesSince(base: string): ChangedLines {
  const lines = changedLines(root, base);
  if (!lines) console.log(`${base}: is no revision here, so there is no change to look at`);
  return lines ?? new Map();
}

async function run(request: Request, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const { seed, workers, floor, seconds } = request;
  say(`seed ${seed}`);
  const until = performance.now() + 1000 * seconds;
  const limit = 1000 * request.limit;
  const outcomes: Outcome[] = [];
  const planned = planOf(root, request).filter(({ mutants }) => mutants.length > 0);
  for (const [at, { area, mutants }] of planned.entries()) {
    const now = performance.now();
    if (now > until) break;
    const own = now + (until - now) / (planned.length - at);
    say(`${area.name}: ${mutants.length} mutants`);
    const onOutcome = (outcome: Outcome): void => {
      outcomes.push(outcome);
      say(
        `${outcome.verdict.padEnd(8)} ${(outcome.milliseconds / 1000).toFixed(1)} s  ${lineOf(outcome.mutant)}`,
      );
    };
    const tests = fastestFirst(root, filesOf(root, area.tests));
    const baselineUntil = Number.isFinite(own) ? now + BASELINE_SHARE * (own - now) : own;
    const common = {
      root,
      area: area.name,
      tests,
      workers,
      limit,
      until: own,
      baselineUntil,
      signal,
      onOutcome,
    };
    await judge(mutants, common);
    write(outcomes, seed);
  }
  write(outcomes, seed);
  say(markdown(outcomes, seed));
  const low = scores(outcomes).filter(({ share }) => share < floor);
  if (low.length > 0) {
    const names = low.map(({ area, killed, tried }) => `${area} (${killed} of ${tried})`);
    throw new Error(`mutants: below ${100 * floor} % in ${names.join(', ')}; see artifacts/mutants.md`);
  }
}

function write(outcomes: readonly Outcome[], seed: number): void {
  const folder = join(root, 'artifacts');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mutants.md'), markdown(outcomes, seed));
  const data = { seed, scores: scores(outcomes), survivors: survivors(outcomes), outcomes };
  writeFileSync(join(folder, 'mutants.json'), `${JSON.stringify(data, null, 2)}\n`);
}
