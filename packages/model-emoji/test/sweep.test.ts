import { expect, it } from 'vitest';
import { readSweep } from '../sweep/settings.js';

it('reads settings, one a line, and refuses what it does not know', () => {
  const setting = { guidanceScale: 3, pog: { strength: 0.03, until: 0.4 } };
  expect(readSweep(['--count', '8', '--scenes', 'wide', '{}', JSON.stringify(setting)])).toEqual({
    count: 8,
    seed: 5,
    variety: 'wide',
    settings: [{}, setting],
  });
  expect(readSweep([]).settings).toEqual([{}]);
  expect(() => readSweep(['--count', '0'])).toThrow('--count: must be a whole number of at least 1, not 0');
  expect(() => readSweep(['--scenes', 'odd'])).toThrow(
    '--scenes: must be one of plain, wide, mixed, not odd',
  );
  expect(() => readSweep(['{"guidance":3}'])).toThrow('guidance is not known; use steps, guidanceScale');
  expect(() => readSweep(['{'])).toThrow('{: must be a JSON object');
  expect(() => readSweep(['[3]'])).toThrow('[3]: must be a JSON object');
});
