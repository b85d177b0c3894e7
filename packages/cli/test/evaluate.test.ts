import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Detection, RgbImage } from '@spatiallock/core';
import { figuresOf, subsetNames, traitsOf } from '@spatiallock/evaluation';
import { SvgDocument } from '@spatiallock/evaluation/report';
import { heldOutScenes, realImages } from '@spatiallock/scenes';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import type { Evaluator } from '../src/index.js';
import { modelHash } from '../src/modelHash.js';
import { fakeServices, filesIn, plainImage, runHere } from './support.js';

const COUNT = 12;
const scenes = heldOutScenes(5, COUNT);

const truth = (i: number): Detection[] =>
  scenes[i].layout.objects.map(({ box }, k) => ({ box, label: scenes[i].labels[k], score: 0.9 }));

const realPictures = realImages(scenes, { width: 16, height: 16 });
const isSame = (a: RgbImage, b: RgbImage): boolean =>
  Buffer.compare(Buffer.from(a.data), Buffer.from(b.data)) === 0;

/**
 * Sees in a picture what is drawn in it: of a real scene, drawn anew here, every object of that scene; of a generated
 * one, which is plain and of the grey of its seed, those of even seeds as `seenInGenerated` tells.
 */
function judgeWith(seenInGenerated: (picture: number) => Detection[]): Evaluator {
  const look = async (image: RgbImage): Promise<Detection[]> => {
    if (image.data.every((value) => value === image.data[0])) return seenInGenerated(image.data[0] - 5);
    const scene = (await realPictures).findIndex((real) => isSame(real, image));
    return scene < 0 ? [] : truth(scene);
  };
  return {
    labels: [],
    detect: look,
    detectMany: (images: readonly RgbImage[]) => Promise.all(images.map(look)),
  };
}

async function evaluate(folder: string, ...more: string[]) {
  const judge = judgeWith((i) => (i % 2 === 0 ? truth(i) : []));
  const words = ['evaluate', '--count', String(COUNT), '--seed', '5', '--batch', '5', ...more];
  return runHere(words, { cwd: folder, services: fakeServices(judge).services });
}

describe('the report', () => {
  it('tells by hashes which model was measured, and what was laid over it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'cups.safetensors'), 'numbers');
    const { services } = fakeServices(judgeWith(truth));
    const open: typeof services.open = async (...given) => ({
      ...(await services.open(...given)),
      places: [join(folder, 'cups.safetensors')],
    });
    const words = ['evaluate', '--count', '2', '--seed', '5', '--vae', 'cups.safetensors', '--json', '-'];
    const { code, stdout } = await runHere(words, { cwd: folder, services: { ...services, open } });
    expect(code).toBe(0);
    const hash = await modelHash([join(folder, 'cups.safetensors')]);
    expect(JSON.parse(stdout)).toMatchObject({
      modelHash: hash,
      vae: { path: 'cups.safetensors', hash },
    });
  });

  it('holds the figures of generated and real scenes', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await evaluate(folder, '--json', 'report.json', '--null-tokens');
    expect(code).toBe(0);
    expect(filesIn(folder)).toEqual(['report.json']);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
    expect(report).toMatchObject({
      count: COUNT,
      seed: 5,
      steps: 2,
      nullTokens: true,
      batch: 5,
      model: 'fake',
    });
    expect(report.secondsPerPicture).toBeGreaterThan(0);
    expect(report.real).toMatchObject({ meanIoU: 1, instanceSuccessRate: 1, AP50: 1, AP: 1 });
    const objects = scenes.map(({ labels }) => labels.length);
    const found = objects.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b);
    const all = objects.reduce((a, b) => a + b);
    expect(report.generated.meanIoU).toBeCloseTo(found / all);
    expect(report.generated.instanceSuccessRate).toBeCloseTo(found / all);
    expect(report.generated.AP).toBeGreaterThan(0);
    expect(report.generated.AP).toBeLessThan(1);
    expect(report.generated.labels.length).toBe(new Set(scenes.flatMap(({ labels }) => labels)).size);
    expect(report.pictures).toHaveLength(COUNT);
    const seeds = report.pictures.map(({ seed, sceneSeed }: Record<string, number>) => [seed, sceneSeed]);
    expect(seeds).toEqual(scenes.map(({ seed }, i) => [5 + i, seed]));
    expect(report.pictures[0].objects[0].detector.iou).toBe(1);
    expect(report.pictures[1].objects[0].detector).toBeNull();
    expect(stdout).toMatch(/real scenes +1\.000 +1\.000 +1\.000 +1\.000/);
    const { instances, meanIoU } = report.generated.subsets.touching;
    expect(instances).toBeGreaterThan(0);
    expect(stdout).toMatch(
      new RegExp(`Touching another box +${instances} +${meanIoU.toFixed(3)} +[01]\\.\\d+ +1\\.000 +1\\.000`),
    );
  });

  it('is a page that needs no other file', async () => {
    const folder = temporaryFolder();
    await evaluate(folder, '--html', 'report.html');
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page.match(/src="data:image\/webp;base64,/g)).toHaveLength(2 * COUNT);
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page.match(/<rect class="asked"/g)).toHaveLength(
      2 * scenes.flatMap(({ labels }) => labels).length,
    );
    expect(page.match(/<li class="missed"/g)).toHaveLength(
      scenes.filter((_, i) => i % 2 === 1).flatMap(({ labels }) => labels).length,
    );
    for (const label of scenes[0].labels) expect(page).toMatch(new RegExp(`<text[^>]*>${label}</text>`));
  });
});

describe('held-out scenes', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(heldOutScenes(5, 3)).toEqual(scenes.slice(0, 3));
    expect(heldOutScenes(6, 3).map(({ layout }) => layout)).not.toContainEqual(scenes[0].layout);
  });

  it('have real pictures of the size asked for', async () => {
    const [image] = await realImages(scenes.slice(0, 1), { width: 64, height: 64 });
    expect(image).toMatchObject({ width: 64, height: 64, channels: 3 });
    expect(image.data).toHaveLength(3 * 64 * 64);
    await expect(realImages(scenes, { width: 64, height: 32 })).rejects.toThrow('only square pictures');
  });
});

describe('harder objects', () => {
  const box = (x0: number, y0: number, width: number, height = width) =>
    [x0, y0, x0 + width, y0 + height] as const;
  const places = [box(0, 0, 0.125), box(0.125, 0.1, 0.3), box(0.6, 0.4, 0.3), box(0, 0.8, 0.5, 0.2)];
  const scene = {
    ...scenes[0],
    layout: { prompt: '', objects: places.map((place) => ({ phrase: 'x', box: place })) },
    labels: ['dog', 'cat', 'dog', 'fish'],
    unseen: [false, true, false, false],
  };

  it('are reported by size, number, shape, class, place and background', () => {
    const none = Object.fromEntries(subsetNames.map((name) => [name, false]));
    expect(traitsOf(scene)).toEqual([
      { ...none, small: true, sameClass: true, touching: true },
      { ...none, touching: true, unseenPair: true },
      { ...none, sameClass: true },
      { ...none, stretched: true },
    ]);
    const five = {
      ...scene,
      layout: { prompt: '', objects: Array(5).fill(scene.layout.objects[2]) },
      labels: Array(5).fill('dog'),
    };
    expect(traitsOf(five).every(({ crowded }) => crowded)).toBe(true);
  });

  it('have figures of their own', () => {
    const detections = [{ label: 'cat', score: 0.9, box: box(0.125, 0.1, 0.3) }];
    const { subsets, meanIoU } = figuresOf([{ scene, image: plainImage(), detections }]);
    expect(meanIoU).toBeCloseTo(1 / 4);
    expect(subsets.unseenPair).toEqual({ instances: 1, meanIoU: 1, instanceSuccessRate: 1 });
    expect(subsets.touching).toEqual({ instances: 2, meanIoU: 0.5, instanceSuccessRate: 0.5 });
    expect(subsets.crowded).toEqual({ instances: 0, meanIoU: null, instanceSuccessRate: null });
  });
});

it('the document of the chart prints what was built, made safe', () => {
  const text = new SvgDocument().createElement('text');
  text.setAttribute('title', '"a" & b');
  text.append('1 < 2');
  expect(String(text)).toBe('<text title="&quot;a&quot; &amp; b">1 &lt; 2</text>');
});
