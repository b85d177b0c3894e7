// Folders of trained detectors: configs that their weights do not fit, and graphs that fail to compile once.

import {
  type Backend,
  type FileSource,
  input,
  parameterStore,
  referenceBackend,
  type Scope,
  type Value,
} from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { initialise } from '@spatiallock/core/nn';
import { describe, expect, it } from 'vitest';
import {
  centerDetector,
  centerGraph,
  nanodet,
  parseCenterConfig,
  parseQueryConfig,
  queryDetector,
  queryGraph,
} from '../src/index.js';
import { nanodetParams } from '../src/nanodet/weights.js';

const small = { labels: ['dog', 'cat'], image_size: 16, channels: [4, 8, 8, 16], blocks: [1, 1, 1] };
const center = { ...small, norm_groups: 4, head_channels: 8, bins: 4 };
const query = { ...small, norm_groups: 4, places: 2, encoder_layers: 1, decoder_layers: 1 };

/** The weights of one config beside another. */
function folder(build: (scope: Scope, image: Value) => unknown, config: object): FileSource {
  const store = parameterStore();
  build(store.scope, input('image', [1, 3, 16, 16]));
  const files: Readonly<Record<string, Uint8Array>> = {
    'config.json': new TextEncoder().encode(JSON.stringify(config)),
    'model.safetensors': writeSafetensors(initialise(store.params, 1)),
  };
  return { read: async (path) => files[path] };
}

const centerFolder = (change: object = {}) =>
  folder(centerGraph(parseCenterConfig(center)).build, { ...center, ...change });
const queryFolder = (change: object = {}) =>
  folder(queryGraph(parseQueryConfig(query)).build, { ...query, ...change });

describe('a config that asks for more than its weights', () => {
  const backend = referenceBackend();
  const layers = { blocks: [128, 1, 1] };

  it.each<[string, object]>([
    ['channels[0] is 16384 in the config, but stem.weight is [4, ', { channels: [16_384, 8, 8, 16] }],
    ['channels[2] is 16384 in the config, but down.1.reduce.weight', { channels: [4, 8, 16_384, 16] }],
    ['head_channels is 16384 in the config', { head_channels: 16_384 }],
    ['labels is 3 in the config', { labels: ['dog', 'cat', 'cow'] }],
    ['4 x bins is 20 in the config', { bins: 5 }],
    ['asks for at least 130 layers', layers],
  ])('is refused by name: %s', async (message, change) => {
    await expect(centerDetector({ backend, files: centerFolder(change) })).rejects.toThrow(message);
  });

  it.each<[string, object]>([
    ['channels[3] is 16384 in the config, but down.2.reduce.weight', { channels: [4, 8, 8, 16_384] }],
    ['(image_size / 16)^2 is 65536 in the config', { image_size: 4096 }],
    ['labels + 1 is 4 in the config', { labels: ['dog', 'cat', 'cow'] }],
    ['asks for at least 132 layers', layers],
    ['asks for at least 132 layers', { encoder_layers: 128 }],
    ['asks for at least 132 layers', { decoder_layers: 128 }],
  ])('is refused by name: %s', async (message, change) => {
    await expect(queryDetector({ backend, files: queryFolder(change) })).rejects.toThrow(message);
  });
});

/** A backend whose first graphs fail. */
function failing(times: number): Backend & { readonly live: () => number } {
  let [left, live] = [times, 0];
  const real = referenceBackend();
  return {
    ...real,
    live: () => live,
    async compile(graph, params) {
      if (left-- > 0) throw new Error('no memory');
      const executable = await real.compile(graph, params);
      live++;
      return {
        ...executable,
        async dispose() {
          live--;
          await executable.dispose();
        },
      };
    },
  };
}

describe('a graph that fails to compile', () => {
  const image = { width: 16, height: 16, channels: 3, data: new Uint8ClampedArray(3 * 16 * 16) } as const;
  const open = {
    center: (backend: Backend) => centerDetector({ backend, files: centerFolder() }),
    query: (backend: Backend) => queryDetector({ backend, files: queryFolder() }),
    nanodet: (backend: Backend) =>
      nanodet({ backend, weights: initialise(nanodetParams(), 1), imageSize: 32 }),
  };

  it.each(Object.entries(open))(
    'of %s is tried again, and does not stand in the way of dispose',
    async (_, load) => {
      const backend = failing(1);
      const detector = await load(backend);
      await expect(detector.detect(image)).rejects.toThrow('no memory');
      expect(Array.isArray(await detector.detect(image))).toBe(true);
      await detector.detect(image);
      expect(backend.live()).toBe(1);
      await detector.dispose();
      expect(backend.live()).toBe(0);

      const broken = await load(failing(Number.POSITIVE_INFINITY));
      const refused = expect(broken.detect(image)).rejects.toThrow('no memory');
      await broken.dispose();
      await refused;
    },
  );
});
