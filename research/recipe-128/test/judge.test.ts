// The detector that judges the pictures must take no part in training what paints them.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Backend, scalar, sizeOf, tensor } from '@spatiallock/core';
import { random } from '@spatiallock/core/nn';
import { centerRun, centerStage, judgeScenes, QUERY_SEED, queryRun } from '@spatiallock/research-detectors';
import { seedRanges } from '@spatiallock/research-harness';
import * as scenes from '@spatiallock/research-scenes-128';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { autoencoderRun, autoencoderStage } from '../src/autoencoder.js';
import { LAST_FRESH_SEED, latentCache } from '../src/latentCache.js';
import { autoencoderConfig } from '../src/settings.js';
import { sharpeningRun, sharpeningStage } from '../src/sharpening.js';
import { openSupervisor } from '../src/supervisor.js';
import { textStage } from '../src/text.js';
import { reach } from './imports.js';

const drawn: scenes.ScenePlan[] = [];

// Plans as they are, without pixels: every scene that a stage asks for is noted.
vi.mock('@spatiallock/research-scenes-128', async (original) => {
  const real = await original<typeof scenes>();
  const planScene: typeof real.planScene = (seed, options) => {
    const plan = real.planScene(seed, options);
    drawn.push(plan);
    return plan;
  };
  const renderBatch: typeof real.renderBatch = (_art, seeds, options = {}) => ({
    images: new Uint8Array(seeds.length * 3 * 128 * 128),
    plans: seeds.map((seed) => planScene(seed, options)),
    size: 128,
  });
  return { ...real, planScene, renderBatch };
});

const noArt = {} as scenes.Art;
const held = new Set(scenes.heldOutPairs.map(([label, background]) => `${label}|${background}`));

/** A backend whose outputs are zeros. */
const zeroBackend: Backend = {
  name: 'zeros',
  compile: async ({ outputs }) => ({
    run: async () =>
      Object.fromEntries(
        Object.entries(outputs).map(([name, { shape }]) => [
          name,
          tensor(new Float32Array(sizeOf(shape)), shape),
        ]),
      ),
    readParams: async () => ({}),
    dispose: async () => undefined,
  }),
  dispose: async () => undefined,
};

function expectTrainingScenes(range: readonly [number, number]): void {
  expect(drawn.length).toBeGreaterThan(10);
  for (const { seed, split, background, objects } of drawn) {
    expect(split).toBe('train');
    expect(seed).toBeGreaterThanOrEqual(range[0]);
    expect(seed).toBeLessThan(range[1]);
    for (const { label } of objects) expect(held).not.toContain(`${label}|${background}`);
  }
}

afterEach(() => {
  drawn.length = 0;
});

describe('the recipe', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const recipe = join(root, 'research', 'recipe-128', 'src');
  const judge = join(root, 'packages', 'detectors', 'src', 'center');
  const at = (...path: string[]): string => join(root, ...path);

  it('imports nothing of the judge, not through others either', () => {
    const files = readdirSync(recipe).filter((name) => name.endsWith('.ts'));
    const reached = [...reach(files.map((name) => join(recipe, name)))];
    expect(reached).toContain(at('research/scenes-128/src/plan.ts'));
    expect(reached).toContain(at('packages/backends/onnx/src/compile.ts'));
    expect(reached).toContain(at('packages/detectors/src/query/network.ts'));
    expect(reached.filter((path) => path.startsWith(judge))).toEqual([]);
  });

  it('neither does what the rows of the ablation train', () => {
    const training = reach([at('research/ablation/src/trainRow.ts')]);
    expect([...training]).toContain(at('packages/training/src/unetStage.ts'));
    expect([...training].filter((path) => path.startsWith(judge))).toEqual([]);
    const judging = reach([at('research/ablation/src/judge.ts')]);
    expect([...judging].some((path) => path.startsWith(judge))).toBe(true);
  });

  it('would be caught if it did', () => {
    const judged = reach([at('apps/demo/src/worker/engine.ts')]);
    expect([...judged].some((path) => path.startsWith(judge))).toBe(true);
  });

  it('takes no supervisor that was trained as the judge, or on scenes that are not declared', async () => {
    const backend = zeroBackend;
    const weights = at('research/model-128/detectors/center');
    await expect(openSupervisor(backend, weights)).rejects.toThrow(
      'trainedOn.split is judge; only a detector',
    );
    const folder = mkdtempSync(join(tmpdir(), 'spatiallock-supervisor-'));
    await expect(openSupervisor(backend, folder)).rejects.toThrow('train the supervising detector first');
    writeFileSync(join(folder, 'metrics.json'), '{}');
    await expect(openSupervisor(backend, folder)).rejects.toThrow('trainedOn.split is missing');
    rmSync(folder, { recursive: true });
  });
});

describe('scenes of training', () => {
  it('of the autoencoder are of its own seeds, and of pairs that may be seen', async () => {
    const { batch } = autoencoderStage(noArt, { ...autoencoderRun, batch: 1, scenes: 20 });
    for (let step = 0; step < 3; step++) await batch(step);
    expectTrainingScenes([seedRanges.autoencoder, seedRanges.unet]);
    expect(autoencoderRun.scenes + 2 * autoencoderRun.steps).toBeLessThan(seedRanges.unet);
  });

  it('of the sharpening are of its own seeds, and of pairs that may be seen', async () => {
    const config = { ...autoencoderConfig, encoder_block_out_channels: [4, 4, 8, 16] };
    const run = { ...sharpeningRun, batch: 1, scenes: 20 };
    const likeness = { maps: () => [scalar(1)], weights: {} };
    const { batch } = sharpeningStage(noArt, run, {}, likeness, config);
    for (let step = 0; step < 3; step++) await batch(step);
    const first = seedRanges.autoencoder + autoencoderRun.scenes + 2 * autoencoderRun.steps;
    expectTrainingScenes([first, seedRanges.unet]);
  });

  it('of the U-Net are of its own seeds, and of pairs that may be seen', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spatiallock-cache-'));
    const cache = await latentCache({
      backend: zeroBackend,
      art: noArt,
      config: autoencoderConfig,
      weights: {},
      size: 16,
      firstSeed: seedRanges.unet,
      folder,
      signal: new AbortController().signal,
    });
    await cache.refresh(random(1));
    rmSync(folder, { recursive: true });
    expect(drawn).toHaveLength(32);
    expectTrainingScenes([seedRanges.unet, seedRanges.detector]);
    expect(seedRanges.unet + LAST_FRESH_SEED).toBeLessThan(seedRanges.ablation);
    expect(seedRanges.ablation).toBeLessThan(seedRanges.detector);
    expect(QUERY_SEED + queryRun.steps * queryRun.batch).toBeLessThan(seedRanges.further);
  });

  it('of the text encoder are of its own seeds, and of pairs that may be seen', async () => {
    await textStage().batch(0);
    expectTrainingScenes([seedRanges.text, Number.POSITIVE_INFINITY]);
  });

  it("of the judge are of its own seeds and a split of the judge's", async () => {
    const asked: number[] = [];
    const pool: scenes.ScenePool = {
      render: async (seeds) => {
        asked.push(...seeds);
        return scenes.renderBatch(noArt, seeds, judgeScenes);
      },
      close: async () => undefined,
    };
    const { batch } = centerStage(pool, { ...centerRun, batch: 4 });
    for (let step = 0; step < 3; step++) await batch(step);
    expect(asked.length).toBeGreaterThan(10);
    expect(Math.min(...asked)).toBe(seedRanges.detector);
    expect(seedRanges.detector + (centerRun.steps + 1) * centerRun.batch).toBeLessThan(seedRanges.text);
    expect(new Set(drawn.map(({ split }) => split))).toEqual(new Set(['judge']));
  });
});
