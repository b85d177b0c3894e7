import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { readFlags } from '@spatiallock/cli/command';
import type { RgbImage } from '@spatiallock/core';
import { type CocoData, readCoco } from '@spatiallock/data';
import { centerTargets, defaultCenterConfig } from '@spatiallock/detectors';
import { type Art, loadArt } from '@spatiallock/research-scenes-128';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { downstream, type ExperimentOptions } from '../src/experiment.js';
import { labelKinds, labelledAs } from '../src/labels.js';
import type { LabelledPicture, Painter } from '../src/pictures.js';
import { downstreamTable, sizeRows, spreadOf } from '../src/report.js';
import {
  type DownstreamSettings,
  defaultDownstream,
  downstreamArgs,
  readDownstream,
} from '../src/settings.js';

const settings: DownstreamSettings = {
  real: 3,
  sizes: [0, 9],
  labels: labelKinds,
  seeds: [1],
  steps: 3,
  batch: 2,
  heldOut: 2,
};
const config = {
  ...defaultCenterConfig,
  channels: [4, 8, 8, 8],
  blocks: [1, 1, 1],
  norm_groups: 4,
  head_channels: 8,
};
const root = mkdtempSync(join(tmpdir(), 'spatiallock-downstream-'));
const backend = cpu({ threads: 1 });
let art: Art;
beforeAll(async () => {
  art = await loadArt();
});
afterAll(async () => {
  await backend.dispose();
  rmSync(root, { recursive: true });
});

/** Paints in one grey for each seed, and notes what it was asked for. */
function painter() {
  const asked: { seed: number; prompt: string }[] = [];
  const paint: Painter = async (layouts, seed) =>
    layouts.map(({ prompt }, i): RgbImage => {
      asked.push({ seed: seed + i, prompt });
      return {
        width: 128,
        height: 128,
        channels: 3,
        data: new Uint8ClampedArray(3 * 128 * 128).fill(seed + i),
      };
    });
  return { paint, asked };
}

/** Sees a dog in the middle of every picture. */
const look: ExperimentOptions['look'] = async (images) =>
  images.map(() => [{ label: 'dog', box: [0.25, 0.25, 0.75, 0.75], score: 0.9 }]);

async function run(folder: string, paint: Painter, stopAt?: string, model = { unet: 'a' }) {
  const controller = new AbortController();
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    if (stopAt !== undefined && line.startsWith(stopAt)) controller.abort();
  };
  const { signal } = controller;
  const given = { settings, folder, art, model, paint, look, backend, config, signal, onLine };
  const report = await downstream(given);
  return { report, lines };
}

describe('the downstream experiment', () => {
  const [whole, stopped] = [join(root, 'whole'), join(root, 'stopped')];

  it('trains every size, keeps the pictures with their boxes, and writes its report', async () => {
    const { paint, asked } = painter();
    const { report } = await run(whole, paint);
    expect(asked.map(({ seed }) => seed)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(report.results.map(({ size, labels, pictures }) => [size, labels, pictures])).toEqual([
      [0, 'asked', 0],
      [9, 'asked', 9],
      [9, 'verified', 0],
      [9, 'predicted', 9],
    ]);
    for (const { images, AP } of report.results) {
      expect(images).toBe(settings.heldOut);
      expect(AP).toBeGreaterThanOrEqual(0);
    }
    expect(JSON.parse(readFileSync(join(whole, 'downstream.json'), 'utf8'))).toEqual(report);
    expect(readFileSync(join(whole, 'downstream.md'), 'utf8')).toBe(downstreamTable(report));
    const page = readFileSync(join(whole, 'downstream.html'), 'utf8');
    expect(page.match(/<circle /g)).toHaveLength(4);
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    const plot = sharp(join(whole, 'downstream.svg'));
    expect(await plot.metadata()).toMatchObject({ format: 'svg', width: 640, height: 360 });
    const [red, , blue] = (await plot.stats()).channels;
    expect(blue!.mean).toBeGreaterThan(red!.mean); // the line, drawn in blue by what knows no custom properties

    const coco = JSON.parse(readFileSync(join(whole, 'generated', 'labels.json'), 'utf8')) as CocoData;
    const labelled = readCoco(coco);
    expect(labelled.map(({ caption }) => caption)).toEqual(asked.map(({ prompt }) => prompt));
    const pngs = readdirSync(join(whole, 'generated')).filter((name) => name.endsWith('.png'));
    expect(pngs).toEqual(labelled.map(({ fileName }) => fileName));
  });

  it('goes on after a stop without doing anything twice, to the same figures', async () => {
    await expect(run(stopped, painter().paint, 'size-0-seed-1:')).rejects.toThrow();
    rmSync(join(stopped, 'generated', '00003.png'));
    const [name] = readdirSync(join(stopped, 'results'));
    const result = join(stopped, 'results', String(name), 'size-0-seed-1.json');
    const written = statSync(result).mtimeMs;
    const { paint, asked } = painter();
    const { report } = await run(stopped, paint);
    expect(asked.map(({ seed }) => seed)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(statSync(result).mtimeMs).toBe(written);
    expect(report).toEqual(JSON.parse(readFileSync(join(whole, 'downstream.json'), 'utf8')));
  });

  it('refuses pictures of another model', async () => {
    await expect(run(whole, painter().paint, undefined, { unet: 'b' })).rejects.toThrow(
      'were painted by another model',
    );
  });
});

describe('labelledAs', () => {
  const dog = { label: 'dog', box: [0, 0, 0.5, 0.5] } as const;
  const cat = { label: 'cat', box: [0.5, 0.5, 1, 1] } as const;
  const image: RgbImage = { width: 1, height: 1, channels: 3, data: new Uint8ClampedArray(3) };
  const asked = [dog, cat].map((object) => ({ image, objects: [object] }));
  const near = { label: 'dog', box: [0, 0, 0.5, 0.375], score: 0.8 } as const;
  const seen = [
    [near, { ...cat, score: 0.9 }],
    [
      { ...cat, label: 'dog', score: 0.9 },
      { ...cat, score: 0.2 },
    ],
  ];

  it('leaves the boxes that were asked for', () => {
    expect(labelledAs('asked', asked, [])).toEqual(asked);
  });

  it('verifies: every object of its class is seen at its place, whatever else there is', () => {
    expect(labelledAs('verified', asked, seen)).toEqual([asked[0]]);
  });

  it('predicts: what is seen from a score of 0.3', () => {
    const objects = labelledAs('predicted', asked, seen).map((picture) => picture.objects);
    expect(objects).toEqual([[cat, { label: 'dog', box: near.box }], [{ label: 'dog', box: cat.box }]]);
  });

  it('predicts the best of what is seen, as many as a step of training has room for', () => {
    const boxes = Array.from({ length: 9 }, (_, i) => [i / 10, 0, (i + 1) / 10, 1] as const);
    const many = boxes.map((box, i) => ({ label: 'dog', box, score: 0.4 + i / 20 }));
    const [{ objects }] = labelledAs('predicted', [asked[0]!], [many]) as [LabelledPicture];
    expect(objects.map(({ box }) => box)).toEqual(boxes.slice(3).toReversed());
    expect(() => centerTargets({ ...config, labels: ['dog'] }, [objects])).not.toThrow();
  });
});

describe('its report', () => {
  it('has a row for each size and kind of labels, with mean and standard deviation over seeds', () => {
    const figures = { images: 1, instances: 1, meanIoU: 0.5, instanceSuccessRate: 0.5, AP50: 0.5 };
    const results = [
      { size: 0, seed: 1, labels: 'asked', pictures: 0, ...figures, AP: 0.25 },
      { size: 0, seed: 2, labels: 'asked', pictures: 0, ...figures, AP: 0.75 },
      { size: 9, seed: 1, labels: 'verified', pictures: 7, ...figures, AP: 0.5 },
    ] as const;
    const report = { settings: { ...settings, seeds: [1, 2] }, model: {}, results };
    const [none, nine] = sizeRows(report);
    expect(none?.figures.AP.mean).toBe(0.5);
    expect(none?.figures.AP.std).toBeCloseTo(Math.sqrt(0.125));
    expect(nine).toMatchObject({
      size: 9,
      labels: 'verified',
      pictures: 7,
      seeds: 1,
      figures: { AP: { mean: 0.5, std: 0 } },
    });
    const table = downstreamTable(report);
    expect(table).toContain('5 of 8 trainings are still to come');
    expect(table).toContain('| 0 |  | 0 | 2 | 0.500 ± 0.354 |');
    expect(spreadOf([1]).std).toBe(0);
  });
});

describe('its flags', () => {
  const read = (words: string) =>
    readDownstream(readFlags(words ? words.split(' ') : [], downstreamArgs, 'npm run downstream --'));

  it('are read', () => {
    expect(read('').settings).toEqual(defaultDownstream);
    const words =
      '--sizes 1000,0,200 --labels predicted,asked --seeds 4 --steps 50 --real-share 0.5 --folder here --threads 2';
    expect(read(words)).toMatchObject({
      settings: {
        sizes: [0, 200, 1000],
        labels: ['asked', 'predicted'],
        seeds: [4],
        steps: 50,
        realShare: 0.5,
        real: 200,
      },
      folder: 'here',
      threads: 2,
    });
  });

  it.each([
    ['--steps 0', '--steps: must be a whole number of at least 1, not 0'],
    ['--sizes 200,x', '--sizes: must be a whole number of at least 0, not x'],
    ['--labels asked,guessed', '--labels: must be one of asked, verified, predicted, not guessed'],
    ['--real-share 2', '--real-share: must be a number above 0 and at most 1, not 2'],
    ['--magic 1', '--magic: is not known; see npm run downstream -- --help'],
  ])('%s', (words, message) => {
    expect(() => read(words)).toThrow(message);
  });
});
