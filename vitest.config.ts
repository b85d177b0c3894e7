import { defineConfig } from 'vitest/config';

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
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
