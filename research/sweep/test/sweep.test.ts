import { readFlags } from '@spatiallock/cli/command';
import { expect, it } from 'vitest';
import { readSweep, sweepArgs } from '../src/settings.js';

const read = (words: readonly string[]) => readSweep(readFlags(words, sweepArgs, 'npm run sweep --'));

it('reads settings, one a line, and refuses what it does not know', () => {
  const setting = { guidanceScale: 3, pog: { strength: 0.03, until: 0.4 } };
  expect(read(['--count', '8', '--scenes', 'wide', '{}', JSON.stringify(setting)])).toEqual({
    count: 8,
    seed: 5,
    variety: 'wide',
    settings: [{}, setting],
  });
  expect(read([]).settings).toEqual([{}]);
  expect(() => read(['--count', '0'])).toThrow('--count: must be a whole number of at least 1, not 0');
  expect(() => read(['--scenes', 'odd'])).toThrow('--scenes: must be one of plain, wide, mixed, not odd');
  expect(() => read(['{"guidance":3}'])).toThrow('guidance is not known; use steps, guidanceScale');
  expect(() => read(['{'])).toThrow('{: must be a JSON object');
  expect(() => read(['[3]'])).toThrow('[3]: must be a JSON object');
});
