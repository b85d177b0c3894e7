// What all packages' builds share.

/** @type {import('tsup').Options} */
export const base = {
  format: 'esm',
  clean: true,
  target: 'es2022',
  // The packages hold their sources, which the maps point to.
  sourcemap: true,
  esbuildOptions(options) {
    options.sourcesContent = false;
  },
};
