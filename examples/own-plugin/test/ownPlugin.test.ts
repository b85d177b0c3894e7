// The example as its reader would use it: short, trained for a few steps, saved in a folder of its own, and painted with.

import { readFileSync } from 'node:fs';
import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained, type Layout } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { loadModel } from '@spatiallock/core/pipeline';
import { adamw, cosineRate } from '@spatiallock/core/train';
import { fixtureModel, smallUNetFiles, temporaryFolder } from '@spatiallock/testing';
import {
  partWeights,
  textTable,
  trainStage,
  unetObjective,
  unetStage,
  writePluginWeights,
} from '@spatiallock/training';
import { afterAll, expect, it } from 'vitest';
import { ownPlugin } from '../ownPlugin.js';

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());
const folder = temporaryFolder();
const base = smallUNetFiles({});
const layout: Layout = {
  prompt: 'a cat',
  objects: [{ phrase: 'a cat', box: [0, 0, 0.5, 0.5] }],
};

/** Bright in the box, dark elsewhere. */
const latents = Float32Array.from({ length: 4 * 64 }, (_, i) => (i % 8 < 4 && (i >> 3) % 8 < 4 ? 1.5 : -0.5));

it('is shorter than 80 lines', () => {
  const lines = readFileSync(new URL('../ownPlugin.ts', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBeLessThan(80);
});

it('learns on a frozen U-Net, is saved in its own folder, read from it, and changes what is painted', async () => {
  const model = await loadModel(fixtureModel({}, base), [ownPlugin]);
  const { config, params } = model.unet;
  const { tokenizer, textEncoder, schedulerConfig } = model;
  const sizes = { batch: 4, height: 8, width: 8, tokens: tokenizer.maxLength, objects: 2 };
  const plugins = [ownPlugin];
  const asked = unetObjective({ config, plugins, sizes, predictionType: 'epsilon' }).params;
  const [steps, name] = [25, 'own'];
  const texts = await textTable({
    ...{ backend, tokenizer, batch: 4 },
    config: textEncoder.config,
    weights: textEncoder.params,
  });
  const stage = unetStage({
    ...{ name, steps, config, plugins, sizes, schedulerConfig, texts, seed: 1 },
    pictures: (count) =>
      Array.from({ length: count }, () => ({
        latents,
        caption: layout.prompt,
        objects: layout.objects.map((object) => ({ ...object, label: 'cat' })),
      })),
    learning: 'plugins',
    start: { ...initialise(asked, 1), ...params },
    optimiser: adamw(),
    learningRate: cosineRate({ peak: 1e-2, warmup: 1, steps }),
  });
  const batch = await stage.batch(0);
  const losses: number[] = [];
  const weights = await trainStage(
    { ...stage, batch: () => batch },
    {
      ...{ backend, folder },
      signal: new AbortController().signal,
      onStep: ({ values }) => losses.push(values.loss!),
    },
  );
  expect(losses).toHaveLength(steps);
  expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);

  const parts = partWeights(weights, plugins);
  const moved = Object.keys(parts.unet).filter((each) => parts.unet[each] !== params[each]);
  expect(moved).toEqual([]);
  const written = new Map<string, Uint8Array>();
  await writePluginWeights({ write: async (path, bytes) => void written.set(path, bytes) }, parts, plugins);
  expect([...written.keys()]).toEqual(['own/diffusion_pytorch_model.safetensors']);

  const files = fixtureModel({}, { ...base, ...Object.fromEntries(written) });
  const pipe = await fromPretrained(files, { backend, plugins });
  const quick = { steps: 2, scheduler: 'ddim', guidanceScale: 1, decode: false } as const;
  const painted = async (given: Layout) => Array.from((await pipe.generate(given, quick)).latents.data);
  const boxed = await painted(layout);
  const plain = await painted({ ...layout, objects: [] });
  const gap = Math.max(...boxed.map((value, i) => Math.abs(value - plain[i]!)));
  expect(gap).toBeGreaterThan(0.05);
  await expect(fromPretrained(fixtureModel({}, base), { backend, plugins })).rejects.toThrow(
    'own.1.phrase.weight',
  );
  await Promise.all([pipe.dispose(), texts.dispose()]);
}, 300_000);
