// Pictures that a base paints of what it knows already, before it is trained.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import type { Backend, Layout } from '@spatiallock/core';
import { createPipeline, type LoadedModel, loadModel } from '@spatiallock/core/pipeline';
import { directory, readTensorsIfAny } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { fixtureModelFolder, smallUNetFiles, temporaryFolder } from '@spatiallock/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { rehearsalPictures } from '../src/fineTune/rehearsalFile.js';
import { paintRehearsal } from '../src/index.js';

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const plain = cpu({ threads: 1 });
const plugins = [poi({ injection: false })];
const SEED = 40;
let model: LoadedModel;
/** Without parameters of the plugin. */
let bare: LoadedModel;

beforeAll(async () => {
  const folder = await fixtureModelFolder({
    ...smallUNetFiles({ injection: false }),
    'spatiallock.json': bytesOf({ steps: 1, guidanceScale: 1 }),
  });
  model = await loadModel(directory(folder), plugins);
  const owned = (name: string) => plugins.some(({ weights = [] }) => weights.some(({ owns }) => owns(name)));
  const kept = Object.entries(model.unet.params).filter(([name]) => !owned(name));
  expect(kept.length).toBeLessThan(Object.keys(model.unet.params).length);
  bare = { ...model, unet: { ...model.unet, params: Object.fromEntries(kept) } };
});

/** A backend that knows how many graphs are open, and how many there were. */
function counted(): { readonly backend: Backend; open: number; compiled: number } {
  const counts = {
    open: 0,
    compiled: 0,
    backend: {
      ...plain,
      async compile(...given: Parameters<Backend['compile']>) {
        const executable = await plain.compile(...given);
        counts.open++;
        counts.compiled++;
        return {
          ...executable,
          async dispose() {
            counts.open--;
            await executable.dispose();
          },
        };
      },
    },
  };
  return counts;
}

const layouts = Array.from({ length: 18 }, (_, i): Layout => {
  const side = 0.3 + i / 40;
  return { prompt: i % 2 ? 'a dog' : 'a cat', objects: [{ phrase: 'a dog', box: [0.1, 0.1, side, side] }] };
});

/** Latents of layouts, each painted by itself. */
async function paintedAlone(
  of: LoadedModel,
  rows: readonly (readonly [layout: Layout, seed: number])[],
  own = plugins,
): Promise<Float32Array[]> {
  const pipe = createPipeline(of, { backend: plain, plugins: own });
  try {
    const found: Float32Array[] = [];
    for (const [layout, seed] of rows) {
      found.push((await pipe.generate(layout, { seed, decode: false })).latents.data as Float32Array);
    }
    return found;
  } finally {
    await pipe.dispose();
  }
}

const near = (got: Float32Array, wanted: Float32Array): void => {
  expect(got).toHaveLength(wanted.length);
  expect(Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-3);
};

describe('what is rehearsed', () => {
  it('is painted from layouts in their order, each with a seed of its own, across batches', async () => {
    const counts = counted();
    const done: number[] = [];
    const painted = await paintRehearsal({
      ...{ backend: counts.backend, model, plugins, layouts, seed: SEED },
      onProgress: (count) => done.push(count),
    });
    expect(painted).toHaveLength(18);
    expect(done).toEqual([16, 18]);
    expect([counts.open, counts.compiled > 0]).toEqual([0, true]);
    const rows = [0, 1, 15, 16, 17];
    const alone = await paintedAlone(
      model,
      rows.map((i) => [layouts[i]!, SEED + i]),
    );
    for (const [at, i] of rows.entries()) near(painted[i]!, alone[at]!);
    expect(painted[0]).not.toEqual(painted[2]);
  });

  it('are the prompts alone where the base has no weights of a plugin that grounds objects', async () => {
    const given = { backend: plain, model: bare, plugins, seed: SEED };
    const [painted] = await paintRehearsal({ ...given, layouts: layouts.slice(0, 1) });
    const [alone] = await paintedAlone(bare, [[{ prompt: 'a cat', objects: [] }, SEED]], []);
    near(painted!, alone!);
    expect(await paintRehearsal({ ...given, layouts: [] })).toEqual([]);
  });

  it('is kept beside the state, and painted once', async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, 'training'));
    const some = layouts.slice(0, 2);
    const counts = counted();
    const given = { backend: counts.backend, model, plugins, layouts: some, seed: SEED };
    const pictures = await rehearsalPictures(out, given);
    expect(pictures.map(({ caption, objects }) => ({ caption, objects }))).toEqual(
      some.map(({ prompt, objects: [{ phrase, box }] }) => ({
        caption: prompt,
        objects: [{ label: phrase, phrase, box }],
      })),
    );
    const alone = await paintedAlone(
      model,
      some.map((layout, i) => [layout, SEED + i]),
    );
    for (const [i, { latents }] of pictures.entries()) near(latents, alone[i]!);
    const { compiled } = counts;
    expect(await rehearsalPictures(out, given)).toEqual(pictures);
    expect(counts.compiled).toBe(compiled);
    const kept = await readTensorsIfAny(join(out, 'training', 'rehearsal.safetensors'));
    expect(kept!.latents!.shape).toEqual([2, pictures[0]!.latents.length]);
    // Other layouts than those that were painted.
    expect(await rehearsalPictures(out, { ...given, layouts: layouts.slice(0, 3) })).toHaveLength(3);
    expect(counts.compiled).toBeGreaterThan(compiled);
    expect(await rehearsalPictures(out, { ...given, layouts: [] })).toEqual([]);
  });
});
