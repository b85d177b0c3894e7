// The judge must take no part in training what it judges.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { QUERY_SEED, queryScenes } from '../src/queryStage.js';
import { judgeScenes } from '../src/stage.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Our own files that an entry pulls in, those of the packages that it names among them. */
async function sourcesOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@spatiallock/source'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'ours-alone',
        setup: (bundle) =>
          bundle.onResolve({ filter: /.*/ }, ({ kind, path }) =>
            kind === 'entry-point' || /^\.|^@spatiallock\//.test(path) ? undefined : { external: true },
          ),
      },
    ],
  });
  return Object.keys(metafile.inputs);
}

/** They write who judges into a model's declaration, and open nothing. */
const DECLARE = ['research/recipe/src/export.ts', 'research/recipe-128/src/export.ts'];

const isJudge = (path: string): boolean => path.startsWith('packages/detectors/src/center/');
const namesJudge = (path: string): boolean =>
  /weights\/center|judgeDirectory|centerDetector/.test(readFileSync(join(root, path), 'utf8'));

it('sees where the judge is used', async () => {
  const sources = await sourcesOf('apps/demo/src/worker/engine.ts');
  expect(sources.some(isJudge)).toBe(true);
  expect(sources.some(namesJudge)).toBe(true);
});

it.each(['research/recipe/src/main.ts', 'research/recipe-128/src/main.ts', 'packages/training/src/index.ts'])(
  '%s trains generators without the judge',
  async (entry) => {
    const sources = await sourcesOf(entry);
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter(isJudge)).toEqual([]);
    expect(sources.filter((path) => !DECLARE.includes(path) && namesJudge(path))).toEqual([]);
  },
);

it('the detector that supervises learns from other scenes than the judge, and has its own weights', () => {
  expect(queryScenes.split).toBe('train');
  expect(judgeScenes.split).toBe('judge');
  expect(QUERY_SEED).toBeGreaterThanOrEqual(40_000_000);
});
