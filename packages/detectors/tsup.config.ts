import { base } from '@spatiallock/tsup';
import { defineConfig } from 'tsup';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/center/index.ts', 'src/nanodet/index.ts', 'src/query/index.ts'],
});
