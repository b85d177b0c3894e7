// Runs before every test file: tells which mutants' places it runs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject } from 'vitest';
import { HIT } from './instrument.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder to which they are reported. */
    mutantHits: string;
  }
}

const hits = new Set<number>();
Object.assign(globalThis, { [HIT]: (id: number) => void hits.add(id) });
afterAll(() => {
  // A run with a mutant in place notes nothing.
  if (hits.size === 0) return;
  const { testPath = '' } = expect.getState();
  const folder = inject('mutantHits');
  mkdirSync(folder, { recursive: true });
  const name = `${testPath.replaceAll(/[^\w.-]/g, '_')}.json`;
  writeFileSync(join(folder, name), JSON.stringify({ testPath, hits: [...hits] }));
});
