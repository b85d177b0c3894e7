import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, Detection, RgbImage } from '@spatiallock/core';
import { writePng } from '@spatiallock/node';
import { layoutImages, loadArt } from '@spatiallock/scenes';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Services } from '../src/index.js';
import { fakeServices, plainImage, runHere } from './support.js';

const DOG: Box = [0, 0, 0.5, 0.5];
const CAT: Box = [0.5, 0.5, 1, 1];
const CSV = `id,category,prompt,obj1,bbox1,obj2,bbox2
000,one,a dog,a dog,"0,0,256,256",,
001,two,a dog and a red cat,a dog,"0,0,256,256",a red cat,"256,256,512,512"
002,one,a unicorn,a unicorn,"0,0,256,256",,
`;

/** Sees the dog in every picture, and the cat in light ones. */
function detectorServices(labels = ['dog', 'cat']): Services {
  const seen = (label: string, box: Box): Detection => ({ label, box, score: 0.9 });
  const { services } = fakeServices();
  return {
    ...services,
    openDetector: async () => ({
      labels,
      detect: async ({ data }) => [seen('dog', DOG), ...(data[0]! > 100 ? [seen('cat', CAT)] : [])],
    }),
  };
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function pictures(folder: string, levels: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, level] of Object.entries(levels)) {
    mkdirSync(join(folder, 'pictures', name, '..'), { recursive: true });
    await writePng(join(folder, 'pictures', name), plainImage(16, level));
  }
}

const scored = async (cwd: string, words: readonly string[], services = detectorServices()) => {
  const { code, stdout, stderr } = await runHere(['bench', ...words, '--json', '-'], { cwd, services });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

describe('bench --images', () => {
  it("scores the pictures of a folder, several for a layout, found by their layouts' ids", async () => {
    const cwd = folderWith({ 'layouts.csv': CSV });
    await pictures(cwd, {
      '000.png': 0,
      '001_a dog and a red cat/1.png': 0,
      '001_a dog and a red cat/2.png': 200,
    });
    const { benchmark, scores, real } = await scored(cwd, [
      '--layouts',
      'layouts.csv',
      '--images',
      'pictures',
    ]);
    expect(benchmark).toMatchObject({ format: 'csv', layouts: 3, judgeable: 2 });
    expect(scores).toMatchObject({ pictures: 3, instances: 5, meanIoU: 0.8, instanceSuccessRate: 0.8 });
    expect(scores.overlap.meanIoU).toBeCloseTo((1 + 0.5 + 1) / 3, 12);
    expect(scores.layout.accuracy[10]).toBeCloseTo((1 + 0.5 + 1) / 3, 12);
    expect(scores.mig.levels.map(({ level, pictures: count }: never) => [level, count])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(real.pictures).toBe(3);
  });

  it("judges colours on COCO-MIG's layouts alone", async () => {
    const mig = `a photo of a white cat:\n  a white cat:\n  - [0.5, 0.5, 1, 1]\n  coco_id: 7\na photo of a red cat:\n  a red cat:\n  - [0.5, 0.5, 1, 1]\n  coco_id: 8\n`;
    const cwd = folderWith({ 'mig.yaml': mig });
    await pictures(cwd, { 'a photo of a white cat_7.png': 255, 'a photo of a red cat_8.png': 255 });
    const { scores } = await scored(cwd, ['--layouts', 'mig.yaml', '--images', 'pictures']);
    expect(scores).toMatchObject({
      meanIoU: 1,
      mig: { instanceSuccessRate: 0.5, colourRate: 0.5, meanIoU: 0.5 },
    });
  });

  it('prints a table with real scenes beside the pictures', async () => {
    const cwd = folderWith({ 'layouts.csv': CSV });
    await pictures(cwd, { '000.png': 0, '001.png': 0 });
    const words = ['bench', '--layouts', 'layouts.csv', '--images', 'pictures'];
    const { code, stdout } = await runHere([...words, '--detector', 'builtin'], {
      cwd,
      services: detectorServices(),
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^layouts.csv: 3 layouts, 2 judgeable by center; 2 pictures, 3 objects\n/);
    expect(stdout).toMatch(/\n +pictures +real scenes\n/);
    expect(stdout).toMatch(/mean IoU, one to one +0\.667 +\d\.\d{3}\n/);
  });
});

it('real scenes are drawn with the art of each label in its box, in the size of each picture', async () => {
  const cwd = folderWith({ 'layouts.csv': CSV });
  await pictures(cwd, { '000.png': 0 });
  await writePng(join(cwd, 'pictures', '001.png'), plainImage(24, 0));
  const seen: RgbImage[] = [];
  const { openDetector, ...services } = detectorServices();
  const open: Services['openDetector'] = async (...given) => {
    const detector = await openDetector(...given);
    const detect: typeof detector.detect = (image) => {
      seen.push(image);
      return detector.detect(image);
    };
    return { ...detector, detect };
  };
  await scored(cwd, ['--layouts', 'layouts.csv', '--images', 'pictures'], {
    ...services,
    openDetector: open,
  });
  const dog = { label: 'dog', box: DOG };
  const rows = [[dog], [dog, { label: 'cat', colour: 'red', box: CAT } as const]];
  const art = await loadArt();
  expect(seen.slice(2)).toEqual(rows.flatMap((row, i) => layoutImages(art, [row], [16, 24][i]!)));
});

const dog = { phrase: 'a dog', box: DOG };
const lines = (values: readonly unknown[]): string =>
  values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n');

describe("bench on COCO's images", () => {
  it('goes on where one without an object has no picture, and finds pictures in folders', async () => {
    const coco = {
      images: ['sub/a.jpg', 'empty.jpg'].map((name, id) => ({ id, file_name: name, width: 16, height: 16 })),
      annotations: [{ id: 1, image_id: 0, category_id: 1, bbox: [0, 0, 8, 8] }],
      categories: [{ id: 1, name: 'dog' }],
    };
    const cwd = folderWith({ 'coco.json': JSON.stringify(coco) });
    await pictures(cwd, { 'sub/a.png': 0 });
    const words = ['bench', '--layouts', 'coco.json', '--images', 'pictures'];
    const { code, stdout, stderr } = await runHere(words, { cwd, services: detectorServices() });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^coco.json: 2 layouts, 2 judgeable by center; 1 picture, 1 object\n/);
    expect(stdout).not.toContain('COCO-MIG instance success, 0');
  });
});

describe("bench on COCO's objects that have phrases", () => {
  const images = ['a.png', 'b.png'].map((name, id) => ({ id, file_name: name, width: 16, height: 16 }));
  const categories = ['dog', 'cat'].map((name, id) => ({ id, name }));
  const annotations = [
    { image_id: 0, category_id: 0, bbox: [0, 0, 8, 8], phrase: 'a cat' },
    { image_id: 1, category_id: 0, bbox: [0, 0, 8, 8], phrase: 'the old friend' },
    { image_id: 1, category_id: 1, bbox: [8, 8, 8, 8], phrase: 'a dog at the right' },
  ].map((each, id) => ({ id, ...each }));
  const file = { 'coco.json': JSON.stringify({ images, categories, annotations }) };

  it('judges them by their categories', async () => {
    const cwd = folderWith(file);
    await pictures(cwd, { 'a.png': 0, 'b.png': 200 });
    const words = ['--layouts', 'coco.json', '--images', 'pictures'];
    const { benchmark, scores } = await scored(cwd, words);
    expect(benchmark.judgeable).toBe(2);
    expect(scores).toMatchObject({ instances: 3, meanIoU: 1, coco: { AP50: 1 } });
  });

  it('paints them by their phrases', async () => {
    const { services, streams } = fakeServices();
    const { openDetector } = detectorServices();
    await scored(folderWith(file), ['--layouts', 'coco.json'], { ...services, openDetector });
    const painted = streams.flatMap(([rows]) => rows).flatMap(({ objects = [] }) => objects);
    expect(painted.map(({ phrase }) => phrase)).toEqual(annotations.map(({ phrase }) => phrase));
  });
});

describe('bench on pictures whose sizes are not those of the annotations', () => {
  const object = (id: number) => ({ id, image_id: id, category_id: 1, bbox: [6, 8, 18, 20] });
  const cocoOf = (...names: string[]) =>
    JSON.stringify({
      images: names.map((name, id) => ({ id, file_name: name, width: 60, height: 40 })),
      annotations: names.map((_, id) => object(id)),
      categories: [{ id: 1, name: 'dog' }],
    });
  /** Benches pictures of these sizes, EXIF's orientation last; the detector sees a dog in one box. */
  const bench = async (sizes: Readonly<Record<string, readonly number[]>>, box: Box, ...more: string[]) => {
    const cwd = folderWith({ 'coco.json': cocoOf(...Object.keys(sizes)) });
    mkdirSync(join(cwd, 'pictures'));
    for (const [name, [width = 60, height = 40, orientation = 1]] of Object.entries(sizes)) {
      const blank = sharp({ create: { width, height, channels: 3, background: 'black' } });
      await blank
        .withMetadata({ orientation })
        .jpeg()
        .toFile(join(cwd, 'pictures', name));
    }
    const detect = async (): Promise<Detection[]> => [{ label: 'dog', score: 0.9, box }];
    const openDetector: Services['openDetector'] = async () => ({ labels: ['dog'], detect });
    const services = { ...detectorServices(), openDetector };
    const words = ['bench', '--layouts', 'coco.json', '--images', 'pictures', '--json', '-', ...more];
    const { code, stdout, stderr } = await runHere(words, { cwd, services });
    return { code, stderr, meanIoU: code === 0 ? JSON.parse(stdout).scores.meanIoU : undefined };
  };
  const stored: Box = [0.1, 0.2, 0.4, 0.7];

  it.each<[number, Box]>([
    [6, [0.3, 0.1, 0.8, 0.4]],
    [8, [0.2, 0.6, 0.7, 0.9]],
  ])('turns boxes with a picture that EXIF turns by orientation %d, and says so', async (turn, upright) => {
    const { code, stderr, meanIoU } = await bench({ 'a.jpg': [60, 40, turn] }, upright);
    expect([code, stderr]).toEqual([
      0,
      'changed: a.jpg: the annotations are of 60 x 40 pixels, EXIF turns the picture to 40 x 60; boxes are turned with it\n',
    ]);
    expect(meanIoU).toBeCloseTo(1, 6);
    const quiet = await bench({ 'a.jpg': [60, 40, turn] }, stored, '--quiet');
    expect(quiet.stderr).toBe('');
    expect(quiet.meanIoU).toBeLessThan(0.6);
  });

  it.each([
    [{ 'a.jpg': [60, 40], 'b.jpg': [60, 40] }],
    [{ 'a.jpg': [60, 40], 'b.jpg': [30, 20] }],
    // As a model paints them, whatever sizes were annotated.
    [{ 'a.jpg': [32, 32], 'b.jpg': [32, 32] }],
  ])('takes %j', async (sizes) => {
    const { code, stderr, meanIoU } = await bench(sizes, stored);
    expect([code, stderr]).toEqual([0, '']);
    expect(meanIoU).toBeCloseTo(1, 6);
  });

  it.each<[Record<string, number[]>, readonly string[]]>([
    [{ 'a.jpg': [40, 60] }, ['a.jpg']],
    [{ 'a.jpg': [20, 30], 'b.jpg': [20, 30] }, ['a.jpg', 'b.jpg']],
    [{ 'a.jpg': [48, 40, 6] }, ['a.jpg']],
    [{ 'a.jpg': [60, 40], 'b.jpg': [60, 30], 'c.jpg': [32, 32] }, ['b.jpg', 'c.jpg']],
  ])('refuses %j, and names %j', async (sizes, names) => {
    const { code, stderr } = await bench(sizes, stored);
    expect(code).toBe(2);
    const named = stderr.matchAll(
      /^.*--images: (\S+): the annotations say 60 x 40 pixels, .* would not fit$/gm,
    );
    expect([...named].map(([, name]) => name)).toEqual(names);
    expect(stderr).toContain('see above; give pictures of the sizes in the annotations, or');
  });
});

describe("bench by COCO's rules", () => {
  const images = ['b.jpg', 'a.jpg'].map((name, id) => ({ id, file_name: name, width: 16, height: 16 }));
  const categories = [{ id: 1, name: 'dog' }];
  const object = { id: 1, image_id: 0, category_id: 1, bbox: [0, 0, 8, 8] };
  const apOf = async (annotations: readonly object[], seen: readonly Detection[]): Promise<number> => {
    const cwd = folderWith({ 'coco.json': JSON.stringify({ images, annotations, categories }) });
    await pictures(cwd, { 'a.png': 0, 'b.png': 200 });
    const services = detectorServices(['dog']);
    // The light picture is that of the first image, b.jpg.
    const detect = async ({ data }: RgbImage) => (data[0]! > 100 ? [seen[0]!] : seen.slice(1));
    const openDetector: Services['openDetector'] = async () => ({ labels: ['dog'], detect });
    const words = ['--layouts', 'coco.json', '--images', 'pictures'];
    return (await scored(cwd, words, { ...services, openDetector })).scores.coco.AP50;
  };
  const there = (box: Box, score = 0.9): Detection => ({ label: 'dog', box, score });

  it('passes over what lies in crowds', async () => {
    const crowd = { id: 2, image_id: 1, category_id: 1, bbox: [8, 8, 8, 8], iscrowd: 1 };
    const annotations = [object, { ...object, id: 3, image_id: 1 }, crowd];
    const seen = [there(DOG, 0.5), there(CAT, 0.9), there(DOG, 0.5)];
    expect(await apOf(annotations, seen)).toBeCloseTo(1, 6);
    const elsewhere = { ...crowd, bbox: [8, 0, 8, 8] };
    expect(await apOf([...annotations.slice(0, 2), elsewhere], seen)).toBeCloseTo(2 / 3, 6);
    const unreadable = [{ ...crowd, bbox: undefined, segmentation: { counts: 'x', size: [16, 16] } }];
    expect(await apOf([...annotations.slice(0, 2), ...unreadable], seen)).toBeCloseTo(2 / 3, 6);
  });

  it('counts what is seen where no object is, as the first image of the file', async () => {
    const annotations = [{ ...object, image_id: 1 }];
    expect(await apOf(annotations, [there(DOG, 0.5), there(DOG, 0.9)])).toBeCloseTo(1, 6);
    expect(await apOf(annotations, [there(DOG, 0.9), there(DOG, 0.5)])).toBeCloseTo(1 / 2, 6);
  });

  it("takes equal scores in the order of the file's images, however pictures are named", async () => {
    const annotations = [object, { ...object, id: 3, image_id: 1 }];
    // Of the first image a hit, of the second a miss: 51 of 101 recalls at a precision of 1.
    expect(await apOf(annotations, [there(DOG), there(CAT)])).toBeCloseTo(51 / 101, 6);
  });
});

describe('bench on layouts of our own', () => {
  const good = { prompt: 'a dog', objects: [dog] };
  const turned = { prompt: 'a dog', objects: [{ ...dog, box: [0.9, 0, 0.1, 1] }] };
  const bad = lines([good, '', turned, '', '{"prompt":', { ...good, objects: [] }, good]);
  const words = ['bench', '--layouts', 'own.jsonl', '--images', 'pictures'];

  it('names the line of every fault, empty lines counted', async () => {
    const cwd = folderWith({ 'own.jsonl': bad });
    const { code, stderr } = await runHere(words, { cwd, services: detectorServices() });
    expect(code).toBe(2);
    expect(stderr).toMatch(/own\.jsonl: line 3: objects\[0\]\.box: .*\n.*line 5: is not JSON .*\n.*2 faults/);
  });

  it('goes on without them by --skip-bad, and says so', async () => {
    const cwd = folderWith({ 'own.jsonl': bad });
    await pictures(cwd, { '0.png': 0, '3.png': 0, '4.png': 0 });
    const { code, stdout, stderr } = await runHere([...words, '--skip-bad'], {
      cwd,
      services: detectorServices(),
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/line 3: .*\n.*line 5: .*\n$/)]);
    expect(stdout).toContain('own.jsonl: 3 layouts, 3 judgeable by center; 3 pictures, 2 objects');
  });

  it('finds the first line that is one where an earlier line is none', async () => {
    const cwd = folderWith({ 'own.jsonl': lines(['{', good]) });
    const { code, stderr } = await runHere(words, { cwd, services: detectorServices() });
    expect([code, stderr]).toEqual([2, expect.stringContaining('own.jsonl: line 1: is not JSON')]);
  });
});

describe('progress of bench', () => {
  const many = lines(Array.from({ length: 40 }, () => ({ prompt: 'a dog', objects: [dog] })));

  it.each([
    ['painting', ['--batch', '1'], ['loading 0 %', 'painting 25 %']],
    ['judging', ['--images', 'pictures'], ['loading 0 %', 'judging 50 %', 'judging 100 %']],
  ])('is that of the %s of --count', async (task, more, expected) => {
    const cwd = folderWith({ 'own.jsonl': many });
    await pictures(cwd, { '0.png': 0, '1.png': 0, '2.png': 0 });
    const { openDetector } = detectorServices();
    const services = { ...fakeServices().services, openDetector };
    const words = ['bench', '--layouts', 'own.jsonl', '--count', '2', '--json', '-', ...more];
    const { code, stderr } = await runHere(words, { cwd, services, progress: 'lines' });
    expect(code).toBe(0);
    expect(stderr.split('\n').slice(0, expected.length)).toEqual(expected);
    expect(stderr).toContain(`\n${task} 100 %\njudging real scenes 50 %\njudging real scenes 100 %\n`);
  });
});

describe('bench without pictures', () => {
  it('paints the layouts that the model can express, from the seed on', async () => {
    const cwd = folderWith({ 'layouts.csv': CSV });
    const { services, seeds } = fakeServices();
    const { openDetector } = detectorServices();
    const report = await scored(cwd, ['--layouts', 'layouts.csv', '--seed', '5', '--batch', '1'], {
      ...services,
      openDetector,
    });
    expect(report).toMatchObject({ model: 'fake', seed: 5, expressible: 2, scores: { pictures: 2 } });
    expect(seeds).toEqual([5, 6]);
    // As `evaluate` records them: the model's own, and what was asked for.
    const settled = { scheduler: 'ddim', steps: 2, guidanceScale: 7.5, device: 'cpu', batch: 1 };
    expect(report).toMatchObject(settled);
    const asked = ['--steps', '9', '--scheduler', 'euler', '--guidance', '3', '--guidance-rescale', '0.5'];
    const other = await scored(cwd, ['--layouts', 'layouts.csv', ...asked], { ...services, openDetector });
    expect(other).toMatchObject({
      ...{ scheduler: 'euler', steps: 9, guidanceScale: 3, guidanceRescale: 0.5, seed: 1, batch: 8 },
    });
  });
});

describe('bench with bad input', () => {
  const layouts = ['--layouts', 'layouts.csv'];
  it.each([
    [[], /--layouts: is missing/],
    [['--layouts', 'none.csv'], /none\.csv/],
    [[...layouts, '--format', 'cvs'], /--format: must be one of csv, .*not cvs/],
    [[...layouts, '--images', 'nowhere'], /--images: nowhere|--images: .*nowhere/],
    [[...layouts, '--images', 'pictures'], /2 of 2 layouts have no picture, the first 000/],
    [[...layouts, '--images', 'pictures', '--skip-missing'], /holds no picture of any layout/],
    [[...layouts, '--guidance', '1', '--guidance-rescale', '0.5'], /--guidance-rescale: has no effect at/],
    [[...layouts, '--images', 'pictures', '--steps', '4'], /--steps: has no effect with --images/],
    [['--layouts', 'odd.json'], /of no format that is known; name it by --format/],
    [['--layouts', 'half.json'], /of no format that is known/],
    [['--layouts', 'other.json'], /of no format that is known/],
    [['--layouts', 'empty.json'], /odd|empty\.json: is of no format/],
  ])('%j ends with code 2 and a line that says why', async (words, message) => {
    const others = { 'half.json': '{"images": []}', 'other.json': '{"annotations": [], "image_id": 1}' };
    const cwd = folderWith({ 'layouts.csv': CSV, 'odd.json': '{"a": 1}', 'empty.json': '', ...others });
    mkdirSync(join(cwd, 'pictures'));
    const { code, stderr } = await runHere(['bench', ...words], { cwd, services: detectorServices() });
    expect(stderr).toMatch(message);
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
  });

  it('every fault of the layouts is listed, or left out by --skip-bad', async () => {
    const bad = `${CSV}003,one,,a dog,"0,0,9,9",,\n004,one,a dog,a dog,"0,0,x,9",,\n`;
    const cwd = folderWith({ 'layouts.csv': bad });
    await pictures(cwd, { '000.png': 0, '001.png': 0 });
    const words = ['bench', ...layouts, '--images', 'pictures'];
    const refused = await runHere(words, { cwd, services: detectorServices() });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/line 5: prompt[\s\S]*line 6: bbox1[\s\S]*2 faults/);
    const skipped = await runHere([...words, '--skip-bad'], { cwd, services: detectorServices() });
    expect(skipped.code).toBe(0);
    expect(skipped.stderr).toMatch(/line 5: prompt/);
  });

  it('a detector that knows none of the objects says which labels it has', async () => {
    const cwd = folderWith({ 'layouts.csv': CSV });
    const { code, stderr } = await runHere(['bench', ...layouts], {
      cwd,
      services: detectorServices(['zebra']),
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/none of the 3 layouts; its labels are zebra/)]);
  });
});

describe('--detector MODULE', () => {
  const layouts = ['bench', '--layouts', 'layouts.csv', '--images', 'pictures', '--json', '-'];
  const module = (body: string) => folderWith({ 'layouts.csv': CSV, 'detector.mjs': body });
  const detect = `async () => [{ label: 'dog', score: 1, box: [0, 0, 0.5, 0.5] }]`;

  it.each([
    ['a detector', `export default { labels: ['dog'], detect: ${detect} };`],
    [
      'a function',
      `export default ({ backend }) => ({ labels: [backend ? 'dog' : 'none'], detect: ${detect} });`,
    ],
    [
      'a class',
      `class D { labels = ['dog']; detect() { return this.seen(); } seen = ${detect} }\nexport default new D();`,
    ],
  ])('loads %s', async (_, body) => {
    const cwd = module(body);
    await pictures(cwd, { '000.png': 0 });
    const { code, stdout } = await runHere([...layouts, '--detector', './detector.mjs'], { cwd });
    expect([code, JSON.parse(stdout).scores.meanIoU]).toEqual([0, 1]);
  });

  it('tells a judge that examines what to look for', async () => {
    const cwd = module(`const see = ({ layout, labels }) =>
        layout.objects.map(({ phrase, box }, i) => ({ label: labels[i], score: phrase === 'a dog' ? 1 : 0.9, box }));
      export default {
        labels: ['dog', 'cat'],
        detect: async () => [],
        examine: async (image, scene) => ({ detections: see(scene), objects: scene.labels.map(() => ({})), picture: {} }),
      };`);
    await pictures(cwd, { '000.png': 0, '001.png': 0 });
    const words = [...layouts, '--detector', './detector.mjs'];
    const { code, stdout } = await runHere(words, { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ givenLayouts: true, scores: { instances: 3, meanIoU: 1 } });
    const shown = await runHere(words.slice(0, -4).concat(words.slice(-2)), { cwd });
    expect(shown.stdout).toContain('judgeable by ./detector.mjs, which is told what to look for;');
  });

  it.each([
    ['export default 7;', /exports no detector/],
    ['export const a = 1;', /neither a default export nor one named detector/],
    ['throw new Error("no weights");', /cannot be loaded: no weights/],
    ['export default () => { throw new Error("no weights"); };', /no weights/],
  ])('%j is refused in a line', async (body, message) => {
    const { code, stderr } = await runHere([...layouts, '--detector', './detector.mjs'], {
      cwd: module(body),
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('names a package that is not installed', async () => {
    const words = [...layouts, '--detector', 'no-such-detector'];
    const { code, stderr } = await runHere(words, { cwd: module('') });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/no-such-detector: is not installed; npm install no-such-detector/),
    ]);
  });
});

describe('bench of a model that was taught', () => {
  it('does not take for a class what the model knows as another', async () => {
    const settings = {
      version: 1,
      plugins: [{ module: '@spatiallock/poi' }],
      categories: [{ name: 'hot-dog' }],
    };
    const model = await fixtureModelFolder({
      'spatiallock.json': new TextEncoder().encode(JSON.stringify(settings)),
    });
    const layout = (phrase: string) => ({ prompt: phrase, objects: [{ phrase, box: DOG }] });
    const lines = ['a dog', 'a hot dog'].map((phrase) => JSON.stringify(layout(phrase))).join('\n');
    const words = ['--layouts', 'own.jsonl', '--count', '1'];
    const judgeable = async (...more: string[]) =>
      (await scored(folderWith({ 'own.jsonl': lines }), [...words, ...more])).benchmark.judgeable;
    expect(await judgeable()).toBe(2);
    expect(await judgeable('--model', model)).toBe(1);
  });
});
