import { base } from '@spatiallock/tsup';
import { defineConfig } from 'tsup';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/web.ts', 'src/worker.ts', 'src/judge/module.ts'],
});
