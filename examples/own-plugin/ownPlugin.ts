// A grounding plugin of one's own: each cell of a map learns which objects it lies in, and where in them.

import * as sl from '@spatiallock/core';

const WIDTH = 128;

export const ownPlugin: sl.Plugin = {
  name: 'own',
  pluginVersion: sl.PLUGIN_VERSION,
  groundsObjects: true,
  weights: [{ folder: 'own', owns: (name) => name.split('.').includes('own') }],
  network({ scope, batch, config, objects, height: full }) {
    const boxes = sl.input('own.boxes', [batch, sl.MAX_OBJECTS, 4]);
    const phrases = sl.input('own.phrases', [batch, sl.MAX_OBJECTS, config.cross_attention_dim]);
    const [box, phrase] = [boxes, phrases].map((all) => sl.sliceAxis(all, 1, 0, Math.max(1, objects)));
    const grids = new Map<number, sl.Value>();
    return {
      inputs: { 'own.boxes': boxes, 'own.phrases': phrases },
      hooks: {
        afterResnet(map, { scope: site, height, width }) {
          const own = scope.at('own', full / height);
          const known = grids.get(height) ?? message(own, box!, phrase!, height, width);
          grids.set(height, known);
          const change = sl.layers.linear(site.at('own'), known, map.shape[1]!, { init: sl.zeros });
          return sl.add(map, sl.reshape(sl.transpose(change, [0, 2, 1]), map.shape));
        },
      },
    };
  },
  async feed(rows, { config: { cross_attention_dim: width }, encodePhrases }) {
    const boxes = new Float32Array(rows.length * sl.MAX_OBJECTS * 4);
    const phrases = new Float32Array(rows.length * sl.MAX_OBJECTS * width);
    for (const [row, { layout, conditional }] of rows.entries()) {
      if (!conditional || layout.objects.length === 0) continue;
      const encoded = await encodePhrases(layout.objects.map(({ phrase }) => phrase));
      const corners = layout.objects.flatMap(({ box }) => [...box]);
      boxes.set(corners, row * sl.MAX_OBJECTS * 4);
      phrases.set(encoded.data as Float32Array, row * sl.MAX_OBJECTS * width);
    }
    const fed = {
      'own.boxes': sl.tensor(boxes, [rows.length, sl.MAX_OBJECTS, 4]),
      'own.phrases': sl.tensor(phrases, [rows.length, sl.MAX_OBJECTS, width]),
    };
    return () => fed;
  },
};

/** The message to each cell, [N, height * width, WIDTH]; empty slots have boxes without area and add nothing. */
function message(scope: sl.Scope, boxes: sl.Value, phrases: sl.Value, height: number, width: number) {
  const [n, k] = boxes.shape as [number, number];
  const [x, y] = [side(boxes, 0, width), side(boxes, 1, height)];
  const rows = sl.reshape(y.cover, [n, k, height, 1, 1]);
  const cover = sl.multiply(rows, sl.reshape(x.cover, [n, k, 1, width, 1]));
  const what = sl.reshape(sl.layers.linear(scope.at('phrase'), phrases, WIDTH), [n, k, 1, 1, WIDTH]);
  const across = sl.reshape(sl.layers.linear(scope.at('x'), x.place, WIDTH), [n, k, 1, width, WIDTH]);
  const down = sl.reshape(sl.layers.linear(scope.at('y'), y.place, WIDTH), [n, k, height, 1, WIDTH]);
  const each = sl.multiply(sl.silu(sl.add(sl.add(what, across), down)), cover);
  const mean = sl.divide(sl.sum(each, [1]), sl.add(sl.sum(cover, [1]), 0.1));
  const cells = sl.reshape(mean, [n, height * width, WIDTH]);
  const refined = sl.silu(sl.layers.linear(scope.at('in'), cells, 2 * WIDTH));
  return sl.add(cells, sl.layers.linear(scope.at('out'), refined, WIDTH));
}

/** Of each cell along an axis: its share in the box, [N, K, cells], and waves of where in the box its centre is. */
function side(boxes: sl.Value, axis: 0 | 1, cells: number) {
  const [from, to] = [axis, axis + 2].map((i) => sl.sliceAxis(boxes, 2, i, i + 1)) as [sl.Value, sl.Value];
  const starts = Array.from({ length: cells }, (_, i) => i / cells);
  const start = sl.constant(sl.tensor(starts, [1, 1, cells]));
  const shared = sl.subtract(sl.minimum(sl.add(start, 1 / cells), to), sl.maximum(start, from));
  const middle = sl.subtract(sl.add(start, 0.5 / cells), from);
  const within = sl.divide(middle, sl.maximum(sl.subtract(to, from), 1e-3));
  const r = sl.reshape(sl.minimum(sl.maximum(within, -1), 2), [...within.shape, 1]);
  const waves = [1, 2, 4, 8].map((k) => sl.multiply(r, (k * Math.PI) / 2));
  return {
    cover: sl.multiply(sl.maximum(shared, 0), cells),
    place: sl.concat([r, ...waves.flatMap((wave) => [sl.sin(wave), sl.cos(wave)])], 3),
  };
}
