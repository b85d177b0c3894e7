import { base } from '@spatiallock/tsup';
import { defineConfig } from 'tsup';

export default defineConfig({
  ...base,
  entry: { index: 'src/index.ts', learn: 'src/learn/index.ts' },
});
