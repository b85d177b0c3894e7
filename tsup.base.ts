// What all packages' builds share.

import type { Options } from 'tsup';

export const base: Options = {
  format: 'esm',
  clean: true,
  target: 'es2022',
  // The packages hold their sources, which the maps point to.
  sourcemap: true,
  esbuildOptions(options) {
    options.sourcesContent = false;
  },
};
