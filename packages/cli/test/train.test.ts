// Fine-tuning the fixtures' small model on a handful of pictures.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@spatiallock/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallUNetFiles } from '../../training/test/smallModel.js';
import { filesIn, fixtureModelFolder, runHere, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const images = join(folder, 'images');
const [WIDTH, HEIGHT] = [48, 40];
let base: string;

const categories = [
  { id: 3, name: 'dog' },
  { id: 7, name: 'ice cream' },
];
const picture = (id: number) => ({ id, file_name: `${id}.png`, width: WIDTH, height: HEIGHT });
const annotation = (id: number, image: number, bbox: readonly number[], more: object = {}) => {
  return { id, image_id: image, category_id: 3, bbox, ...more };
};
const coco = {
  categories,
  images: [1, 2, 3, 4].map(picture),
  annotations: [1, 2, 3, 4].flatMap((image) => [
    annotation(2 * image, image, [4, 4, 20, 20 + image]),
    annotation(2 * image + 1, image, [26, 10, 16, 24], { category_id: 7 }),
  ]),
};

beforeAll(async () => {
  base = await fixtureModelFolder(smallUNetFiles({ injection: false }));
  mkdirSync(images);
  for (const id of [1, 2, 3, 4]) {
    const data = Uint8ClampedArray.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => (i * id * 7) % 256);
    writeFileSync(
      join(images, `${id}.png`),
      await encodePng({ width: WIDTH, height: HEIGHT, channels: 3, data }),
    );
  }
});

interface Given {
  readonly data?: unknown;
  readonly flags?: readonly string[];
  readonly base?: string;
  readonly images?: string;
  readonly captions?: unknown;
}

let next = 0;

/** Writes the data and gives the words of the command; `out` is a folder that is not there. */
function command({ data = coco, flags = [], images: from = images, captions, ...given }: Given) {
  const at = join(folder, `case-${next++}`);
  mkdirSync(at);
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  writeFileSync(join(at, 'coco.json'), text);
  const out = join(at, 'model');
  const words = ['train', '--data', join(at, 'coco.json'), '--images', from, '--base', given.base ?? base];
  if (captions !== undefined) {
    writeFileSync(join(at, 'captions.json'), JSON.stringify(captions));
    words.push('--captions', join(at, 'captions.json'));
  }
  return { at, out, words: [...words, '--out', out, '--threads', '1', ...flags] };
}

const only = (annotations: readonly unknown[]) => ({ ...coco, annotations });

describe('what is refused', () => {
  const cases: readonly (readonly [string, Given, string | RegExp])[] = [
    [
      'a box out of the image',
      { data: only([annotation(1, 1, [30, 4, 40, 20])]) },
      'annotations[0].bbox: the box [30.0, 4.0, 70.0, 24.0] (corners in pixels) leaves the picture of 48 x 40',
    ],
    [
      'an unknown category',
      { data: only([annotation(1, 1, [1, 1, 9, 9], { category_id: 4 })]) },
      'annotations[0].category_id: there is no category with the id 4',
    ],
    ['no image', { data: { ...coco, images: [], annotations: [] } }, 'images: there is none'],
    ['no box', { data: only([]) }, 'annotations: no image has a box; draw at least one'],
    [
      'a missing file',
      { data: { ...coco, images: [...coco.images, picture(9)] } },
      /images\[4\] \(9\.png\): cannot be read .*9\.png/,
    ],
    [
      'a file of another size',
      { data: { ...coco, images: coco.images.map((image) => ({ ...image, width: 100 })) } },
      'images[0] (1.png): the annotations say 100 x 40 pixels, the file has 48 x 40; boxes would not fit',
    ],
    [
      'a file outside of the folder',
      { data: { ...coco, images: [{ ...picture(1), file_name: '../1.png' }], annotations: [] } },
      'leads out of the folder of pictures',
    ],
    ['text that is no JSON', { data: '{' }, /--data: .*coco\.json is not JSON/],
    ['a list', { data: '[]' }, 'COCO data: must be an object'],
    ['a missing folder', { images: '/nowhere' }, '--images: there is no folder /nowhere'],
    ['a base that is none', { base: '/nowhere' }, '--base: there is no folder /nowhere'],
    [
      'captions of strangers',
      { captions: { 'x.png': 'a dog' } },
      'captions: "x.png" is no file_name of an image',
    ],
    ['an empty caption', { captions: { '1.png': ' ' } }, '1.png: must be a text that is not empty'],
    ['PoG by pictures', { flags: ['--pog', 'image'] }, '--pog: must be feature, not image'],
    ['no steps', { flags: ['--steps', '0'] }, '--steps: must be a whole number of at least 1, not 0'],
  ];

  it.each(cases)('%s', async (_, given, message) => {
    const { at, words } = command(given);
    const { code, stdout, stderr } = await runHere(words, { cwd: at });
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toMatch(message instanceof RegExp ? message : escaped(message));
    expect([code, stdout]).toEqual([2, '']);
    expect(filesIn(at).filter((name) => !name.endsWith('.json'))).toEqual([]);
  });

  it('words that the model does not know', async () => {
    const words = ['a', 'an', 'and', 'dog', 'cream', 'rice'];
    const strict = await fixtureModelFolder({
      'tokenizer/words.json': new TextEncoder().encode(JSON.stringify(words)),
    });
    const asked = command({ base: strict });
    const { code, stderr } = await runHere(asked.words, { cwd: asked.at });
    expect(stderr).toBe(
      'error: images[0] (1.png): prompt: the model never learnt "ice"; nearest known words: rice, a, an\n',
    );
    expect(code).toBe(2);
    expect(existsSync(asked.out)).toBe(false);
  });
});

const escaped = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs the command in a process that is killed with signal 9 once a file is there. */
function runAndKill(words: readonly string[], awaited: string): Promise<NodeJS.Signals | null> {
  const flags = ['--import', tsx, '--conditions=@spatiallock/source', main];
  const child = spawn(process.execPath, [...flags, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  const watch = setInterval(() => {
    if (existsSync(awaited)) child.kill('SIGKILL');
  }, 5);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      clearInterval(watch);
      resolve(signal);
    });
  });
}

const training = [
  '--steps',
  '4',
  '--batch',
  '2',
  '--save-every',
  '2',
  '--rate',
  '0.01',
  '--validation',
  '0.25',
];

describe('a training', () => {
  it('killed with signal 9 goes on, and ends as one that never was; generate opens its model', async () => {
    const whole = command({ flags: training });
    const first = await runHere(whole.words, { cwd: folder });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('3 pictures to train on, 1 to validate on');

    const killed = command({ flags: training });
    expect(await runAndKill(killed.words, join(killed.out, 'training', 'state.safetensors'))).toBe('SIGKILL');
    expect(filesIn(killed.out)).toEqual(['training']);
    const other = await runHere([...killed.words, '--seed', '5'], { cwd: folder });
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('holds a training with seed 0, not 5'),
    ]);
    const second = await runHere(killed.words, { cwd: folder });
    expect([second.code, second.stderr]).toEqual([0, '']);
    expect(second.stdout).toContain(`resuming ${killed.out}`);

    const files = ['unet/diffusion_pytorch_model.safetensors', 'unet/config.json', 'model_index.json'];
    const bytes = (out: string, path: string) => readFileSync(join(out, path));
    for (const path of [...files, 'training/state.safetensors', 'training/validation.json']) {
      expect(bytes(killed.out, path).equals(bytes(whole.out, path)), path).toBe(true);
    }
    expect(bytes(whole.out, files[0]!)).not.toEqual(bytes(base, files[0]!));
    expect(Object.keys(JSON.parse(String(bytes(whole.out, 'training/validation.json'))))).toEqual([
      '0',
      '2',
      '4',
    ]);
    expect(filesIn(whole.out)).toEqual([...filesIn(base), 'training'].sort());

    const words = ['generate', '--model', whole.out, '--steps', '2', '--threads', '1', '--prompt', 'a dog'];
    const painted = await runHere([...words, '--object', 'dog@0.1,0.1,0.6,0.6'], { cwd: whole.at });
    expect([painted.code, painted.stderr]).toEqual([0, '']);
    expect(filesIn(whole.at)).toContain('picture.png');
  }, 600_000);

  it('of the whole U-Net with PoG keeps its perception network beside the model', async () => {
    const { words, out } = command({
      flags: ['--steps', '2', '--batch', '2', '--unet', '--pog', 'feature', '--validation', '0'],
      captions: { '1.png': 'a dog beside an ice cream' },
    });
    const { code, stderr } = await runHere(words, { cwd: folder });
    expect([code, stderr]).toEqual([0, '']);
    expect(filesIn(join(out, 'perception'))).toEqual(['config.json', 'diffusion_pytorch_model.safetensors']);
    const weights = readFileSync(join(out, 'unet', 'diffusion_pytorch_model.safetensors'), 'latin1');
    expect(weights).not.toContain('perception');
    const report = JSON.parse(readFileSync(join(out, 'training', 'report.json'), 'utf8'));
    expect(report).toMatchObject({ settings: { unet: true, pog: 'feature', steps: 2 }, validationLoss: {} });
  }, 600_000);
});
