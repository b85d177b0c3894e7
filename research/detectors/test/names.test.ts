import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sceneAspects, sceneNames } from '../src/training.js';
import { judgeDirectory, queryDirectory } from '../src/weights.js';

it.each([judgeDirectory, queryDirectory])('%s calls and shapes the classes as the scenes do', (folder) => {
  expect(readFileSync(join(folder, 'names.json'), 'utf8')).toBe(sceneNames());
  expect(readFileSync(join(folder, 'aspects.json'), 'utf8')).toBe(sceneAspects());
});
