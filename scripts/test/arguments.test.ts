import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, input } from '@spatiallock/core';
import { assign } from '@spatiallock/core/geometry';
import { initialise } from '@spatiallock/core/nn';
import { readYolo, writeCoco } from '@spatiallock/data';
import { lora } from '@spatiallock/lora';
import { directory } from '@spatiallock/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exceptions, notCalled } from '../arguments/exceptions.js';
import { type ExportedFunction, exportedFunctions } from '../arguments/exports.js';
import { callsOf, outcomeOf } from '../arguments/judge.js';
import { neighbours, wrong } from '../arguments/neighbours.js';

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

describe.each(neighbours)('$name', ({ run, given }) => {
  it('takes the right arguments, and refuses a wrong one in each place', async () => {
    const outcome = (args: readonly unknown[]) => outcomeOf(() => run(...(args as never[])));
    expect(await outcome(given)).toBe('accepted');
    for (const place of given.keys()) {
      for (const value of wrong) {
        expect(await outcome(given.with(place, value)), `place ${place}: ${String(value)}`).toBe('refused');
      }
    }
  });
});

it('errors name the argument and what it must be', () => {
  const messages = [
    [() => readYolo({} as never, []), 'text: must be the text of a file, not {}'],
    [() => writeCoco(1 as never, []), 'images: must be a list of pictures, not 1'],
    [() => lora({} as never), 'layers: must be layers as readLora() gives them, not {}'],
    [() => directory(undefined as never), 'path: must be the path of a folder, not undefined'],
    [() => add(undefined as never, 1), 'add: a must be a value of a graph, as input() gives, not undefined'],
    [() => initialise({ x: input('x', [1]) }, 1), 'x: nothing says how it begins'],
    [() => assign([[Number.NaN]]), 'cost[0][0]: must be a finite number, not NaN'],
  ] as const;
  for (const [run, message] of messages) expect(run).toThrow(message);
});
