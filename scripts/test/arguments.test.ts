import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exceptions, notCalled } from '../arguments/exceptions.js';
import { type ExportedFunction, exportedFunctions } from '../arguments/exports.js';
import { callsOf, outcomeOf } from '../arguments/judge.js';

const root = process.cwd();
let functions: readonly ExportedFunction[] = [];
let folder = '';

beforeAll(async () => {
  functions = await exportedFunctions();
  folder = mkdtempSync(join(tmpdir(), 'spatiallock-arguments-'));
  process.chdir(folder);
});

afterAll(() => {
  process.chdir(root);
  rmSync(folder, { recursive: true });
});

const label = ({ entry, name }: Pick<ExportedFunction, 'entry' | 'name'>): string => `${entry}: ${name}`;

/** What is wrong with how a function takes arguments of wrong kinds; undefined where nothing is. */
async function faultOf({ run, required }: ExportedFunction): Promise<string | undefined> {
  for (const given of callsOf(required)) {
    const outcome = await outcomeOf(() => run(...given));
    if (typeof outcome === 'object') return outcome.fault;
    if (outcome === 'accepted' && required > 0 && given.every((value) => value === undefined)) {
      return 'does without the arguments that it asks for';
    }
  }
  return undefined;
}

describe('exported functions, called with arguments of a wrong kind', () => {
  it('refuse them by an error that says what is wrong, but for known exceptions', async () => {
    const skipped = new Set(notCalled.map(label));
    const called = functions.filter((each) => !skipped.has(label(each)));
    const faults = new Map<string, string>();
    for (const each of called) {
      const fault = await faultOf(each);
      if (fault !== undefined) faults.set(label(each), fault);
    }
    const excepted = new Set(
      exceptions.flatMap(({ entry, names }) => names.map((name) => label({ entry, name }))),
    );
    expect([...faults].filter(([name]) => !excepted.has(name))).toEqual([]);
    expect(
      [...excepted].filter((name) => !faults.has(name)),
      'exceptions that are needed no more',
    ).toEqual([]);
    expect(called.length).toBeGreaterThan(500);
  });

  it('are all there that are not called', () => {
    const all = new Set(functions.map(label));
    expect(notCalled.map(label).filter((name) => !all.has(name))).toEqual([]);
  });
});
