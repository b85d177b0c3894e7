import { base } from '@spatiallock/tsup';
import { defineConfig } from 'tsup';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    adapters: 'src/entries/adapters.ts',
    backend: 'src/entries/backend.ts',
    checks: 'src/entries/checks.ts',
    geometry: 'src/entries/geometry.ts',
    graph: 'src/entries/graph.ts',
    io: 'src/entries/io.ts',
    models: 'src/entries/models.ts',
    modules: 'src/entries/modules.ts',
    nn: 'src/entries/nn.ts',
    pipeline: 'src/entries/pipeline.ts',
    plugin: 'src/entries/plugin.ts',
    schedulers: 'src/entries/schedulers.ts',
    train: 'src/entries/train.ts',
  },
});
