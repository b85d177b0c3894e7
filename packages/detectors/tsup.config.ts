import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/center/index.ts', 'src/nanodet/index.ts', 'src/query/index.ts'],
  dts: true,
});
