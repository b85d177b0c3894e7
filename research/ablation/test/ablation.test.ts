// The ablation from end to end: a random model of a few channels, two steps a row, a made-up supervisor.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { input, layers, mean, multiply, sigmoid, subtract, tensor } from '@spatiallock/core';
import { loadModel } from '@spatiallock/core/pipeline';
import { directory, readTensors } from '@spatiallock/node';
import type { GuidingDetector } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import type { GuidingSupervisor } from '@spatiallock/research-harness';
import { fixtureModelFolder, smallUNetFiles } from '@spatiallock/testing';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { type AblationOptions, finishedResults, runAblation } from '../src/ablation.js';
import { ablationRows, chosenRows } from '../src/rows.js';
import { isPluginParameter } from '../src/trainRow.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-ablation-'));
const backend = cpu({ threads: 1, session: { graphOptimizationLevel: 'disabled' } });
afterAll(async () => {
  await backend.dispose();
  rmSync(folder, { recursive: true });
});

/** Takes a picture's mean brightness for the number of its objects. */
const counting = {
  graph: {
    build: (scope, image) => ({ seen: sigmoid(layers.conv2d(scope.at('conv'), image, 1, 1)) }),
    loss({ seen }, { objects }) {
      const error = subtract(mean(seen!, [1, 2, 3]), objects!);
      return mean(multiply(error, error));
    },
  },
  weights: { 'conv.weight': tensor([0.3, 0.2, -0.1], [1, 3, 1, 1]), 'conv.bias': tensor([0], [1]) },
  inputs: (batch) => ({ objects: input('objects', [batch]) }),
} satisfies Omit<GuidingDetector, 'targets'>;
const numbers = (counts: readonly number[]) => ({ objects: tensor(counts, [counts.length]) });
const supervisor: GuidingSupervisor = {
  ...counting,
  targets: (pictures) =>
    numbers(pictures.map((objects) => objects.filter(({ label }) => label !== '').length)),
  guide: {
    ...counting,
    targets: (layouts) => numbers(layouts.map(({ objects }) => objects.length)),
  },
};

it('trains, paints and judges every kind of row, keeps what is done, and writes data, page and table', async () => {
  const said: string[] = [];
  const out = join(folder, 'run');
  const options: AblationOptions = {
    backend,
    folder: out,
    signal: new AbortController().signal,
    say: (line) => said.push(line),
    rows: chosenRows('checkpoint,poi'),
    seeds: 1,
    supervisor,
    settings: {
      checkpoint: await fixtureModelFolder(smallUNetFiles({ injection: true })),
      steps: 2,
      batch: 2,
      peak: 1e-3,
      scenes: 4,
      count: 2,
      samplingSteps: 2,
      pictures: 2,
    },
  };
  const first = await runAblation(options);
  expect(first.rows.map(({ key }) => key)).toEqual(['checkpoint', 'poi']);
  expect(said.filter((line) => line.startsWith('poi, seed 1: unet 2/2'))).toHaveLength(1);
  expect(existsSync(join(out, 'rows', 'poi-1', 'weights.safetensors'))).toBe(true);
  expect(readdirSync(join(out, 'rows', 'poi-1', 'unet'))).toEqual(['log.jsonl']);

  said.length = 0;
  const rows = chosenRows('checkpoint,poi,pog-both,guidance-image,pog-own');
  const report = await runAblation({ ...options, rows });
  expect(said.filter((line) => line.startsWith('poi, '))).toEqual([]);
  expect(report.rows.slice(0, 2)).toEqual(first.rows.slice(0, 2));
  const [start, plain, both, guided] = report.rows;
  expect(start).toMatchObject({ secondsPerStep: null, trainableParameters: 0, curve: [] });
  expect(both!.pluginParameters).toBeGreaterThan(plain!.pluginParameters);
  expect(plain!.curve.map(({ step }) => step)).toEqual([2]);
  expect(guided!.curve).toEqual(plain!.curve);
  expect(guided!.pictures).not.toEqual(plain!.pictures);
  // States of the four scenes' own sampling, kept for the row's further seeds.
  const { latents, timesteps } = await readTensors(join(out, 'states.safetensors'));
  expect(latents!.shape[0]).toBe(timesteps!.data.length);
  expect(timesteps!.data.length).toBe(4 * 4);
  expect([...timesteps!.data].every((timestep) => Number(timestep) <= 200)).toBe(true);
  for (const row of report.rows) {
    expect(row.pictures).toHaveLength(2);
    expect(row.frechet).toBeGreaterThan(0);
    expect(row.figures.meanIoU).toBeGreaterThanOrEqual(0);
    expect(row.byArt.instances).toBe(row.figures.instances);
    expect(row.secondsPerPicture).toBeGreaterThan(0);
  }

  expect(readdirSync(out)).toEqual(expect.arrayContaining(['ablation.html', 'ablation.json', 'ablation.md']));
  const table = readFileSync(join(out, 'ablation.md'), 'utf8');
  for (const { title } of rows) expect(table).toContain(`| ${title} |`);
  const page = readFileSync(join(out, 'ablation.html'), 'utf8');
  expect(page.match(/src="data:image\/webp;base64,/g)).toHaveLength(2 * (rows.length + 1));
  expect(page).not.toMatch(/(src|href)="(?!data:)/);
  expect(page.match(/<svg/g)!.length).toBeGreaterThan(4);
  expect(page).not.toContain('NaN');

  // Two layouts wide; PoI, PoI + PoG and the real scenes below each other.
  const sheet = sharp(join(out, 'ablation.png'));
  expect(await sheet.metadata()).toMatchObject({ format: 'png', width: 130 + 2 * 200, height: 8 + 3 * 200 });
  expect((await sheet.stats()).channels.every(({ stdev }) => stdev > 10)).toBe(true);

  said.length = 0;
  await runAblation({ ...options, seeds: 2 });
  expect(said.filter((line) => line.startsWith('checkpoint, '))).toEqual([]);
  const all = await runAblation(options);
  expect(all.rows.map(({ key, seed }) => `${key}-${seed}`)).toEqual(['checkpoint-1', 'poi-1', 'poi-2']);

  const other = { ...options, settings: { ...options.settings, steps: 3 } };
  await expect(runAblation(other)).rejects.toThrow('holds an ablation with other settings');
}, 1_200_000);

it('lets a row learn PoI from nothing, and the rest from the checkpoint', async () => {
  const checkpoint = await fixtureModelFolder(smallUNetFiles({ injection: true }));
  const { params } = (await loadModel(directory(checkpoint), [poi()])).unet;
  /** The names whose weights a row kept, at a rate that changes none. */
  async function kept(name: string): Promise<string[]> {
    const sizes = { steps: 1, batch: 2, scenes: 2, count: 2, samplingSteps: 1 };
    await runAblation({
      backend,
      folder: join(folder, name),
      signal: new AbortController().signal,
      say: () => {},
      rows: chosenRows('poi'),
      seeds: 1,
      supervisor,
      settings: { checkpoint, peak: 1e-9, ...sizes, anew: true },
    });
    const weights = await readTensors(join(folder, name, 'rows', 'poi-1', 'weights.safetensors'));
    return Object.keys(params).filter((key) =>
      params[key]!.data.every((value, i) => Math.abs(Number(value) - Number(weights[key]!.data[i])) < 1e-5),
    );
  }
  const rest = Object.keys(params).filter((key) => !isPluginParameter(key));
  const anew = await kept('anew');
  expect(anew).toEqual(expect.arrayContaining(rest));
  expect(anew.length).toBeLessThan(Object.keys(params).length);
  expect(readFileSync(join(folder, 'anew', 'ablation.md'), 'utf8')).toContain(
    "PoI's weights begin from nothing",
  );
}, 1_200_000);

it('keeps no settings of a checkpoint that cannot be opened', async () => {
  const out = join(folder, 'again');
  const sizes = { steps: 1, batch: 2, peak: 1e-3, scenes: 2, count: 2 };
  const startingAt = (checkpoint: string): AblationOptions => ({
    ...{ backend, folder: out, say: () => {}, rows: [], seeds: 1, supervisor },
    signal: new AbortController().signal,
    settings: { checkpoint, ...sizes },
  });
  const nowhere = join(folder, 'nowhere');
  await expect(runAblation(startingAt(nowhere))).rejects.toThrow(`--checkpoint: ${nowhere} is not a folder`);
  const empty = mkdtempSync(join(folder, 'empty-'));
  await expect(runAblation(startingAt(empty))).rejects.toThrow('model_index.json');
  // What a kill while the model was copied leaves is no checkpoint.
  expect(existsSync(join(out, 'settings.json'))).toBe(false);
  expect(existsSync(join(out, 'checkpoint'))).toBe(false);
});

it('names a result that is damaged', async () => {
  const out = mkdtempSync(join(folder, 'damaged-'));
  mkdirSync(join(out, 'results'));
  const path = join(out, 'results', 'poi-1.json');
  writeFileSync(path, '{"key": "poi", "se');
  await expect(finishedResults(out, chosenRows('poi'))).rejects.toThrow(path);
  expect(await finishedResults(out, chosenRows('checkpoint'))).toEqual([]);
});

it('knows its rows', () => {
  expect(chosenRows(undefined)).toBe(ablationRows);
  expect(chosenRows('poi, checkpoint,poi').map(({ key }) => key)).toEqual(['poi', 'checkpoint']);
  expect(() => chosenRows('poi,pio')).toThrow('--rows: pio is none of checkpoint, poi-off, poi,');
});
