import { defineConfig } from 'vitest/config';
import { LongFirst } from './scripts/tiers/longFirst.js';

export default defineConfig({
  resolve: { conditions: ['@spatiallock/source'] },
  ssr: { resolve: { conditions: ['@spatiallock/source'] } },
  test: {
    include: [
      'packages/**/test/**/*.test.ts',
      'scripts/**/test/**/*.test.ts',
      'apps/**/test/**/*.test.ts',
      'examples/**/test/**/*.test.ts',
      'research/**/test/**/*.test.ts',
      'docs/test/**/*.test.ts',
    ],
    // Tests wait for browsers and child processes for much of their time: two files at once, also on two cores.
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A page that shares two cores may take seconds to show what was clicked.
    expect: { poll: { timeout: 15_000 } },
  },
});
