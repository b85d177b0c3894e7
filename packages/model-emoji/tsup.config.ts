import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/exampleLayouts.ts', 'src/modules.ts', 'src/web.ts'],
  dts: true,
});
