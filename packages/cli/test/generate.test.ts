import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG_KEYWORD, readPngText, withPngText } from '@spatiallock/data';
import { batchSize, samplePictures } from '@spatiallock/evaluation';
import { exampleLayouts, modelDirectory } from '@spatiallock/model-emoji';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Evaluator } from '../src/index.js';
import { modelHash } from '../src/modelHash.js';
import { fakeServices, filesIn, runHere } from './support.js';

const words = [
  ...['generate', '--prompt', 'a dog and an apple', '--seed', '3', '--steps', '2', '--threads', '1'],
  ...['--object', 'a dog@0.05,0.35,0.45,0.95', '--object', 'an apple@0.55,0.5,0.9,0.9'],
];
const blank = await sharp(Buffer.alloc(3), { raw: { width: 1, height: 1, channels: 3 } })
  .png()
  .toBuffer();
const json = (folder: string, name = 'picture.json') => JSON.parse(readFileSync(join(folder, name), 'utf8'));

it('records the hash of the model that was asked for, where nothing says what it was opened from', async () => {
  const model = await fixtureModelFolder();
  const [cwd, other] = [temporaryFolder(), temporaryFolder()];
  const { services } = fakeServices();
  expect((await runHere([...words, '--model', model], { cwd, services })).code).toBe(0);
  expect((await runHere(words, { cwd: other, services })).code).toBe(0);
  expect(json(cwd).modelHash).toBe(await modelHash([model]));
  expect(json(other).modelHash).toBe(await modelHash([modelDirectory]));
});

describe('on a small model', async () => {
  const model = await fixtureModelFolder();
  const paint = async (folder: string, ...more: string[]) =>
    runHere([...words, '--model', model, ...more], { cwd: folder });

  it('writes a picture and its record; the same seed gives the same bytes', async () => {
    const [one, two, three] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    expect(await paint(one)).toEqual({ code: 0, stdout: `${join(one, 'picture.png')}\n`, stderr: '' });
    expect((await paint(two)).code).toBe(0);
    expect((await paint(three, '--scheduler', 'euler', '--out', 'other.png')).code).toBe(0);
    expect(filesIn(one)).toEqual(['picture.json', 'picture.png']);
    const bytes = readFileSync(join(one, 'picture.png'));
    expect(bytes.equals(readFileSync(join(two, 'picture.png')))).toBe(true);
    expect(bytes.equals(readFileSync(join(three, 'other.png')))).toBe(false);
    const { width, height, format } = await sharp(bytes).metadata();
    expect(format).toBe('png');
    expect(json(one)).toEqual({
      picture: 'picture.png',
      size: { width, height },
      prompt: 'a dog and an apple',
      seed: 3,
      scheduler: 'pndm',
      steps: 2,
      guidanceScale: 7.5,
      generator: 'torch',
      strength: 1,
      pog: 0,
      model: expect.stringContaining('spatiallock-test-'),
      modelHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      count: 1,
      device: 'cpu',
      milliseconds: expect.any(Number),
      objects: [
        { phrase: 'a dog', box: [0.05, 0.35, 0.45, 0.95] },
        { phrase: 'an apple', box: [0.55, 0.5, 0.9, 0.9] },
      ],
    });
    expect(json(three, 'other.json').scheduler).toBe('euler');
    const { picture: _, size, count, device, milliseconds, ...recipe } = json(one);
    expect(JSON.parse(readPngText(bytes, PNG_KEYWORD)!)).toEqual(recipe);
  });

  it('warns once of a box of less than a pixel, also in the record', async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await paint(cwd, '--object', 'a dog@0,0,0.0001,0.5', '--count', '1');
    const { width, height } = json(cwd).size;
    const box = `${Number((0.0001 * width).toPrecision(2))} x ${height / 2}`;
    const warning = `objects[2].box: is ${box} pixels of the picture's ${width} x ${height}; make it larger`;
    expect([code, stderr, json(cwd).warnings]).toEqual([0, `warning: ${warning}\n`, [warning]]);
  });

  it('warns of what a layout gives for guidance that is off, also in the record', async () => {
    const cwd = temporaryFolder();
    const unwanted = { negativePrompt: 'a cat', negativeObjects: [{ phrase: 'a cat', box: [0, 0, 1, 1] }] };
    writeFileSync(join(cwd, 'layout.json'), JSON.stringify({ prompt: 'a dog', objects: [], ...unwanted }));
    const given = ['generate', '--layout', 'layout.json', '--steps', '1', '--model', model];
    const off = await runHere([...given, '--guidance', '1'], { cwd });
    const warnings = Object.keys(unwanted).map(
      (field) => `${field}: has no effect without guidance; give a guidanceScale above 1, or leave it out`,
    );
    const lines = warnings.map((warning) => `warning: ${warning}\n`).join('');
    expect([off.code, off.stderr]).toEqual([0, lines]);
    expect(json(cwd).warnings).toEqual(warnings);
    expect((await runHere([...given, '--guidance', '2'], { cwd })).stderr).toBe('');
  });

  it('rescales guidance where it is asked to, and records it', async () => {
    const [plain, rescaled] = [temporaryFolder(), temporaryFolder()];
    expect((await paint(plain, '--guidance', '100')).code).toBe(0);
    expect((await paint(rescaled, '--guidance', '100', '--guidance-rescale', '0.7')).code).toBe(0);
    expect(json(plain)).not.toHaveProperty('guidanceRescale');
    expect(json(rescaled).guidanceRescale).toBe(0.7);
    const [one, other] = [plain, rescaled].map((folder) => readFileSync(join(folder, 'picture.png')));
    expect(one.equals(other)).toBe(false);
  });

  it('writes nothing when it is interrupted', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    const steps = words.map((word, i) => (words[i - 1] === '--steps' ? '1000' : word));
    const running = runHere([...steps, '--model', model], { cwd: folder, signal });
    setTimeout(() => controller.abort(), 300);
    expect(await running).toEqual({ code: 130, stdout: '', stderr: 'interrupted: nothing was written\n' });
    expect(filesIn(folder)).toEqual([]);
  });
});

const never = new AbortController().signal;

describe('several pictures', () => {
  it('are numbered, with seeds one after the other, in even batches', async () => {
    const folder = temporaryFolder();
    const { services, seeds, batches } = fakeServices();
    const { code, stdout } = await runHere([...words, '--count', '10', '--out', 'a.png'], {
      cwd: folder,
      services,
    });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(10);
    expect([seeds, batches]).toEqual([
      [3, 8],
      [5, 5],
    ]);
    expect(filesIn(folder)).toHaveLength(20);
    expect(json(folder, 'a-10.json')).toMatchObject({ picture: 'a-10.png', seed: 12 });
  });

  it('come in one size of batch, the last filled up, with room for the fullest layout', async () => {
    expect([1, 8, 9, 10, 17].map((count) => batchSize(count, 8))).toEqual([1, 8, 5, 5, 6]);
    const { services, seeds, batches, slots } = fakeServices();
    const { pipe } = await services.open({ device: 'cpu' }, { needsDetector: false, signal: never });
    const dog = { phrase: 'a dog', box: [0, 0, 0.5, 0.5] } as const;
    const layouts = [3, 1, 0].map((count) => ({ prompt: '', objects: new Array(count).fill(dog) }));
    const done: number[] = [];
    const onProgress = (pictures: number) => done.push(pictures);
    const pictures = await samplePictures(pipe, layouts, { seed: 4, batch: 2, signal: never, onProgress });
    expect({ seeds, batches, slots }).toEqual({ seeds: [4, 6], batches: [2, 2], slots: [3, 3] });
    expect(pictures.map(({ layout, seed }) => [layout, seed])).toEqual(
      layouts.map((each, i) => [each, 4 + i]),
    );
    expect(done.at(-1)).toBe(3);
  });
});

describe('what surrounds a picture', () => {
  it('is an example when no layout is given', async () => {
    const folder = temporaryFolder();
    const { stdout } = await runHere(['generate'], { cwd: folder, services: fakeServices().services });
    expect(stdout).toContain(`--prompt "${exampleLayouts[0].prompt}"`);
    expect(stdout).toContain(join(folder, 'picture.png'));
    expect(json(folder)).toMatchObject({ prompt: exampleLayouts[0].prompt, seed: exampleLayouts[0].seed });
  });

  it('takes the layout and the seed that its PNG files hold', async () => {
    const cwd = temporaryFolder();
    const { services, streams, seeds } = fakeServices();
    await runHere([...words, '--negative', 'a cat', '--out', 'Old.PNG'], { cwd, services });
    const { code, stderr } = await runHere(['generate', '--layout', 'Old.PNG'], { cwd, services });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [before, again] = streams.map(([layouts]) => layouts);
    expect(again).toEqual(before);
    expect(seeds).toEqual([3, 3]);
  });

  it.each([
    [
      'no PNG file',
      'is no PNG file, as its name says',
      () => Buffer.from('{"prompt": "a dog", "objects": []}'),
    ],
    ['a picture of something else', 'does not say its layout; give one', () => blank],
    [
      'a text of its own that is none',
      'its text is not valid JSON',
      () => withPngText(blank, PNG_KEYWORD, '{'),
    ],
    ['a text without a layout', 'objects: ', () => withPngText(blank, PNG_KEYWORD, '{"prompt": "a dog"}')],
  ])('refuses as a layout %s', async (_, message, bytes) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'old.png'), bytes());
    const { code, stderr } = await runHere(['generate', '--layout', 'old.png'], { cwd });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--layout: old.png: '),
    });
    expect(stderr).toContain(message);
  });

  it('takes a record as a layout', async () => {
    const folder = temporaryFolder();
    const { services } = fakeServices();
    await runHere([...words, '--negative', 'a cat'], { cwd: folder, services });
    await runHere(['generate', '--layout', 'picture.json', '--out', 'again.png'], { cwd: folder, services });
    const { prompt, negativePrompt, objects } = json(folder, 'again.json');
    expect({ prompt, negativePrompt, objects }).toMatchObject({
      prompt: 'a dog and an apple',
      negativePrompt: 'a cat',
      objects: json(folder).objects,
    });
  });

  it('names the objects where no prompt is given', async () => {
    const folder = temporaryFolder();
    const objects = words.filter((_, i) => i === 0 || i > 8);
    await runHere(objects, { cwd: folder, services: fakeServices().services });
    expect(json(folder).prompt).toBe('a dog and an apple');
  });

  it('tells what the detector saw', async () => {
    const folder = temporaryFolder();
    const seen = { label: 'dog', score: 0.8, box: [0.05, 0.35, 0.45, 0.65] as const };
    const judge: Evaluator = {
      labels: ['dog'],
      detect: async () => [seen],
      detectMany: async (images) => images.map(() => [seen]),
    };
    const { stdout } = await runHere(words, { cwd: folder, services: fakeServices(judge).services });
    const [dog, apple] = json(folder).objects;
    expect(dog.detector).toEqual({ ...seen, iou: expect.closeTo(0.5) });
    expect(apple).not.toHaveProperty('detector');
    expect(stdout).toContain('1 of 1 objects found, mean IoU 0.50');
  });

  it('draws boxes where they were asked for', async () => {
    const folder = temporaryFolder();
    await runHere([...words, '--boxes'], { cwd: folder, services: fakeServices().services });
    const { data, info } = await sharp(join(folder, 'picture.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(json(folder).size).toEqual({ width: info.width, height: info.height });
    const at = (x: number, y: number) => {
      const start = info.channels * (Math.round(y * info.height) * info.width + Math.round(x * info.width));
      return [...data.subarray(start, start + 3)];
    };
    expect(at(0.25, 0.7)).toEqual([3, 3, 3]);
    // The first box's bottom edge, and the second one's right edge, in their colours.
    expect(at(0.25, 0.95 - 0.003)).toEqual([0xff, 0x5a, 0x5f]);
    expect(at(0.9 - 0.003, 0.8)).toEqual([0x2f, 0x80, 0xed]);
  });
});
