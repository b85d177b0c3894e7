import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { expect, it } from 'vitest';
import config from '../../vitest.config.js';
import { LONG } from '../tiers/longFirst.js';
import { globsOf, tierNames } from '../tiers/tiers.js';

const root = new URL('../../', import.meta.url).pathname;
const ignore = ['**/node_modules/**', '**/dist/**'];

const filesOf = (include: readonly string[], exclude: readonly string[] = []) =>
  glob([...include], { cwd: root, ignore: [...ignore, ...exclude] });

it('every test file is in one tier', async () => {
  const all = await filesOf(config.test?.include ?? []);
  const tiers = await Promise.all(
    tierNames.map((tier) => {
      const { include, exclude } = globsOf(tier);
      return filesOf(include, exclude);
    }),
  );
  expect(all.length).toBeGreaterThan(100);
  for (const files of tiers) expect(files.length).toBeGreaterThan(2);
  expect(tiers.flat().sort()).toEqual(all.sort());
});

it('the files that start first are there', () => {
  expect(LONG.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});
