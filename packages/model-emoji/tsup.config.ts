import { base } from '@spatiallock/tsup';
import { defineConfig } from 'tsup';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/exampleLayouts.ts', 'src/modules.ts', 'src/web.ts'],
});
