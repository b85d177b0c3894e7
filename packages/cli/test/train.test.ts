// Fine-tuning the fixtures' small model on a handful of pictures.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensorsHeader, writeSafetensors } from '@spatiallock/core/io';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, encodePng } from '@spatiallock/node';
import { fixtureModelFolder, smallUNetFiles, temporaryFolder } from '@spatiallock/testing';
import { addonTensors, modelTensors } from '@spatiallock/testing/original';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFlag } from '../src/trainIssues.js';
import { judgedLabels } from '../src/trainJudge.js';
import { filesIn, runHere } from './support.js';

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

/** A model that knows some of the words. */
const fewWords = () =>
  fixtureModelFolder({
    ...smallUNetFiles({ injection: false }),
    'tokenizer/words.json': new TextEncoder().encode(
      JSON.stringify(['a', 'an', 'and', 'dog', 'cream', 'rice']),
    ),
  });

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
      'a box out of the image, where that is asked for',
      { data: only([annotation(1, 1, [30, 4, 40, 20])]), flags: ['--strict'] },
      'annotations[0].bbox: the box [30, 4, 70, 24] (corners) leaves the picture of 48 x 40; it is cut off at the edge ' +
        '(1.png, id 1); fix it, or leave --strict out',
    ],
    [
      'flags against each other',
      { flags: ['--strict', '--skip-bad'] },
      '--strict: refuses what --skip-bad leaves out',
    ],
    [
      'an unknown category',
      { data: only([annotation(1, 1, [1, 1, 9, 9], { category_id: 4 })]) },
      'annotations[0].category_id: there is no category with the id 4 (1.png, id 1); fix it, or go on without it by --skip-bad',
    ],
    ['no image', { data: { ...coco, images: [], annotations: [] } }, 'images: there is none'],
    ['no box', { data: only([]) }, 'annotations: no image has a box; draw at least one'],
    [
      'a missing file',
      { data: { ...coco, images: [...coco.images, picture(9)] } },
      /images\[4\] \(9\.png\): there is no such file in /,
    ],
    [
      'a file of another size',
      {
        data: {
          ...coco,
          images: coco.images.map((image) => (image.id === 1 ? { ...image, width: 100 } : image)),
        },
      },
      'images[0] (1.png): the annotations say 100 x 40 pixels, the file has 48 x 40; boxes would not fit',
    ],
    [
      'a file outside of the folder',
      { data: { ...coco, images: [{ ...picture(1), file_name: '..\\1.png' }], annotations: [] } },
      'leads out of the folder of pictures',
    ],
    ['text that is no JSON', { data: '{' }, /--data: .*coco\.json is not valid JSON/],
    ['a list', { data: '[]' }, 'COCO data: must be an object'],
    ['a missing folder', { images: '/nowhere' }, '--images: there is no folder /nowhere'],
    ['a base that is none', { base: '/nowhere' }, '--base: /nowhere holds no model_index.json'],
    [
      'captions of strangers',
      { captions: { 'x.png': 'a dog' } },
      '--captions: "x.png" is no file_name of an image',
    ],
    [
      'captions of names in other words',
      { captions: { 'photos/1.jpg': 'a dog' } },
      '--captions: "photos/1.jpg" is no file_name of an image; the data has "1.png"',
    ],
    [
      'an empty caption',
      { captions: { '1.png': ' ' } },
      '--captions: 1.png: must be a text that is not empty; fix it, or go on without it by --skip-bad',
    ],
    ['PoG by pictures', { flags: ['--pog', 'image'] }, '--pog: must be one of feature, not image'],
    [
      'an adapter over another one',
      { flags: ['--save', 'adapter', '--adapter', '/nowhere'] },
      '--adapter: lies over the base, and an adapter over another cannot be opened; give --save model',
    ],
    [
      'an adapter over an embedding',
      { flags: ['--save', 'adapter', '--embedding', '/nowhere'] },
      '--embedding: brings words to the base, and --save adapter makes an adapter that such a base cannot open; give --save model',
    ],
    [
      'fewer than no pictures to rehearse',
      { flags: ['--rehearse', '-1'] },
      '--rehearse: must be 0..100000 or a file of layouts, not -1',
    ],
    [
      'boxes that no view shows',
      { data: only([annotation(1, 1, [4, 4, 2, 2])]), flags: ['--min-box', '0.1'] },
      '--min-box: every box is smaller than 0.1 of a side even in the closest view',
    ],
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

  it('a file in place of the folder, before anything is read', async () => {
    const { at, out, words } = command({ data: '{' });
    writeFileSync(out, '');
    for (const path of [out, join(out, 'deeper')]) {
      const { code, stderr } = await runHere([...words.map((word) => (word === out ? path : word))], {
        cwd: at,
      });
      expect([code, stderr]).toEqual([
        2,
        `error: --out: ${out} is a file, and no folder; choose a new folder\n`,
      ]);
    }
  });

  it('a folder that is the base, lies inside of it or holds it, through links too', async () => {
    const model = await fixtureModelFolder(smallUNetFiles({ injection: false }));
    const link = join(folder, 'link-to-base');
    symlinkSync(model, link);
    const names = filesIn(model);
    for (const [out, how] of [
      [model, 'is the same as'],
      [link, 'is the same as'],
      [join(model, 'new'), 'lies inside of'],
      [join(link, 'new', 'deeper'), 'lies inside of'],
      [dirname(model), 'holds'],
    ]) {
      const { at, words, out: usual } = command({ base: model });
      const given = words.map((word) => (word === usual ? out! : word));
      const { code, stderr } = await runHere(given, { cwd: at });
      expect([code, stderr]).toEqual([
        2,
        `error: --out: ${out} ${how} --base, ${model}; choose a new folder outside of it\n`,
      ]);
    }
    expect(filesIn(model)).toEqual(names);
  });

  it('by their flags, as what the library names by its options', () => {
    expect(['out: a', 'minBox: b', 'validation: c', 'rate: d', 'validations: e'].map(withFlag)).toEqual([
      '--out: a',
      '--min-box: b',
      '--validation: c',
      'rate: d',
      'validations: e',
    ]);
  });

  it('an adapter that is cut short, by its flag', async () => {
    const { at, words } = command({});
    const adapter = join(at, 'half.safetensors');
    writeFileSync(adapter, 'half');
    const { code, stderr } = await runHere([...words, '--adapter', adapter], { cwd: at });
    expect(stderr).toMatch(/^error: --adapter: /);
    expect(code).toBe(2);
  });

  it('words that the model does not know, where they shall not be learnt', async () => {
    const asked = command({ base: await fewWords(), flags: ['--no-new-words'] });
    const { code, stderr } = await runHere(asked.words, { cwd: asked.at });
    expect(stderr).toBe(
      'error: images[0] (1.png): caption: the model never learnt "ice"; nearest known words: rice, a, an ' +
        '(so are 3 more images); fix it, or go on without it by --skip-bad\n',
    );
    expect(code).toBe(2);
    expect(existsSync(asked.out)).toBe(false);
  });
});

/** Pictures of which some are missing, and annotations of which some make no sense. */
const mixed = {
  ...coco,
  images: [...coco.images, picture(8), picture(9)],
  annotations: [
    ...coco.annotations,
    annotation(30, 1, [4, 4, 20, 0]),
    annotation(31, 2, [-5, 4, 20, 20]),
    annotation(32, 3, [4, 4, 20, 20], { category_id: 99 }),
    ...Array.from({ length: 12 }, (_, i) => annotation(40 + i, 4, [100 + i, 4, 5, 5])),
  ],
};

describe('a data set with faults', () => {
  it('is refused with a list of all that cannot be understood', async () => {
    const { at, words } = command({ data: mixed });
    const { code, stderr } = await runHere(words, { cwd: at });
    expect(code).toBe(2);
    expect(stderr.split('\n')).toEqual([
      'error: annotations[10].category_id: there is no category with the id 99 (3.png, id 32)',
      `error: images[4] (8.png): there is no such file in ${images}`,
      `error: images[5] (9.png): there is no such file in ${images}`,
      'error: 3 entries cannot be used; fix it, or go on without it by --skip-bad',
      '',
    ]);
    expect(filesIn(at)).toEqual(['coco.json']);
  });

  it('is trained on without them by --skip-bad; what was left out or cut is counted and listed', async () => {
    const { at, out, words } = command({
      data: `\uFEFF${JSON.stringify(mixed)}`,
      flags: ['--skip-bad', ...short],
    });
    const { code, stderr, stdout } = await runHere(words, { cwd: at });
    const lines = stderr.trimEnd().split('\n');
    expect(code, stderr).toBe(0);
    expect(lines.slice(0, 5)).toEqual([
      '3 entries that cannot be understood left out:',
      expect.stringContaining('annotations[10].category_id'),
      expect.stringContaining('images[4] (8.png)'),
      expect.stringContaining('images[5] (9.png)'),
      '13 boxes left out:',
    ]);
    expect(
      lines.slice(5, 15).every((line) => /^ {2}annotations\[\d+\]\.bbox: .* \(\d\.png, id \d+\)$/.test(line)),
    ).toBe(true);
    expect(lines.slice(15)).toEqual([
      '  and 3 more',
      '1 box over the edge cut off there:',
      expect.stringMatching(/^ {2}annotations\[9\]\.bbox: .*\(2\.png, id 31\)$/),
    ]);
    expect(stdout).toContain('4 pictures to train on, 0 to validate on, 2 bad ones left out');
    expect(existsSync(join(out, 'model_index.json'))).toBe(true);
  }, 300_000);
});

it('captions and phrases that are cut are counted before training', async () => {
  const long = 'a dog '.repeat(60).trim();
  const { at, out, words } = command({
    flags: short,
    data: { ...coco, categories: [categories[0], { id: 7, name: 'very '.repeat(80).trim() }] },
    captions: { '1.png': long, '2.png': `${long} again`, '3.png': 'a dog', '4.png': 'a dog' },
  });
  const { code, stderr } = await runHere(words, { cwd: at });
  expect(code, stderr).toBe(0);
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(
      /^warning: captions: 2 of 4 have more than 75 tokens, .*\(365 letters\), 245 tokens\)$/,
    ),
    expect.stringMatching(/^warning: phrases: 4 of 8 have more than 75 tokens, .*, 320 tokens\)$/),
    '',
  ]);
  const report = JSON.parse(readFileSync(join(out, 'training', 'report.json'), 'utf8'));
  expect(report.warnings.map((warning: string) => `warning: ${warning}`)).toEqual(
    stderr.trimEnd().split('\n'),
  );
}, 300_000);

const short = ['--steps', '1', '--batch', '2', '--validation', '0'];

it('a single file is trained from within a budget of memory, and becomes a folder with what learnt', async () => {
  const file = join(folder, 'single.safetensors');
  writeFileSync(file, writeSafetensors({ ...modelTensors, ...addonTensors }));
  const given = ['--config', await fixtureModelFolder(), '--memory-budget'];
  const refused = command({ base: file, flags: [...short, ...given, '0.001'] });
  const { code: wrong, stderr: reason } = await runHere(refused.words, { cwd: refused.at });
  expect(reason).toMatch(/needs at least \d+ MiB for its values, the budget is 1 MiB/);
  expect(wrong).not.toBe(0);
  const { at, out, words } = command({ base: file, flags: [...short, ...given, '0.5'] });
  const { code, stderr } = await runHere(words, { cwd: at });
  expect(code, stderr).toBe(0);
  const { entries } = readSafetensorsHeader(
    readFileSync(join(out, 'unet/diffusion_pytorch_model.safetensors')),
  );
  expect(Object.keys(entries)).toEqual(
    expect.arrayContaining(['conv_in.weight', 'position_net.null_positive_feature']),
  );
  expect(existsSync(join(out, 'vae/diffusion_pytorch_model.safetensors'))).toBe(true);
  expect(filesIn(out).some((name) => name.includes('base'))).toBe(false);
}, 300_000);

it('--precision half trains with a scaled loss', async () => {
  const { at, out, words } = command({ flags: [...short, '--precision', 'half'] });
  const { code, stderr } = await runHere(words, { cwd: at });
  expect([code, stderr]).toEqual([0, '']);
  const { entries } = readSafetensorsHeader(readFileSync(join(out, 'training/state.safetensors')));
  expect(Object.keys(entries)).toContain('train.lossScale');
}, 300_000);

it.each([
  [
    ['dog', 'trucks'],
    ['dog', 'truck'],
  ],
  [['dog', 'truck crane'], undefined],
])('pictures of %j are judged by the embedded judge as %j', async (labels, wanted) => {
  const objects = labels.map((label) => ({ label, phrase: label, box: [0, 0, 1, 1] as const }));
  const validationScenes = [{ caption: 'a caption', objects }];
  const labelOf = await judgedLabels(directory(modelDirectory), { validationScenes });
  expect(labelOf && labels.map(labelOf)).toEqual(wanted);
});

describe('categories that the model never learnt', () => {
  it('are learnt beside what is rehearsed, and the model stays one that generate opens', async () => {
    const known = await fewWords();
    const hut = { ...coco, categories: [categories[0], { id: 7, name: 'hut' }] };
    const more = ['--rate', '0.002', '--min-box', '0.05', '--no-flip', '--seed', '7', '--rehearsal', '0.25'];
    const flags = [...short, ...more, '--save-every', '3', '--rehearse', 'old.json'];
    const asked = command({ base: known, data: hut, flags });
    const old = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.1, 0.1, 0.6, 0.7] }] };
    writeFileSync(join(asked.at, 'old.json'), JSON.stringify([old, old]));
    const { code, stderr, stdout } = await runHere(asked.words, { cwd: asked.at });
    expect([code, stderr]).toEqual([
      0,
      'new to the model, and learnt: hut, huts (--no-new-words refuses them)\n',
    ]);
    expect(stdout).toContain('parameters learnt');
    const json = (folder: string, path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const [before, after] = [known, asked.out].map((folder) => ({
      words: json(folder, 'tokenizer/words.json'),
      vocab: json(folder, 'tokenizer/vocab.json') as Record<string, number>,
      config: json(folder, 'text_encoder/config.json'),
    }));
    expect(after!.words).toEqual([...before!.words, 'hut', 'huts']);
    expect(after!.vocab).toMatchObject(before!.vocab);
    expect(after!.vocab['huts</w>']).toBe(after!.config.vocab_size - 1);
    expect(filesIn(join(asked.out, 'training'))).toContain('rehearsal.safetensors');
    expect(json(asked.out, 'training/report.json').settings).toEqual({
      ...{ steps: 1, batch: 2, validation: 0, rate: 0.002, minBox: 0.05, flip: false, seed: 7 },
      ...{ optimiser: 'adamw', rehearsal: 0.25, saveEvery: 3, newWords: true, unet: false },
    });

    const words = ['generate', '--model', asked.out, '--steps', '2', '--threads', '1', '--prompt', 'huts'];
    const painted = await runHere([...words, '--object', 'hut@0.1,0.1,0.6,0.6'], { cwd: asked.at });
    expect([painted.code, painted.stderr]).toEqual([0, '']);
  }, 300_000);

  it('are an adapter where that is asked for, which generate lays over its base alone', async () => {
    const known = await fewWords();
    const asked = command({ base: known, flags: [...short, '--save', 'adapter'] });
    const { code, stdout } = await runHere(asked.words, { cwd: asked.at });
    expect([code, filesIn(asked.out)]).toEqual([0, ['adapter.safetensors', 'training']]);
    expect(stdout.trimEnd().endsWith(asked.out)).toBe(true);
    const sampling = ['--steps', '2', '--threads', '1', '--prompt', 'an ice cream'];
    const painted = (model: string) =>
      runHere(['generate', '--model', model, '--adapter', asked.out, ...sampling], { cwd: asked.at });
    const own = await painted(known);
    expect([own.code, own.stderr]).toEqual([0, '']);
    const other = await painted(await fixtureModelFolder(smallUNetFiles({ injection: true })));
    expect(other.stderr).toMatch(
      /^error: .*adapter: was trained from another model \([0-9a-f]{12}\), and this is another/,
    );
    expect(other.code).toBe(2);
  }, 300_000);

  it.each([
    [
      'a category without letters',
      { id: 7, name: '!!!' },
      /the category "!!!" names nothing that can be learnt; name it in words/,
    ],
    ['a word without end', { id: 7, name: 'x'.repeat(80) }, /words: .* is longer than 64 letters/],
  ])('%s is refused before anything is written', async (_, category, message) => {
    const asked = command({
      base: await fewWords(),
      data: { ...coco, categories: [categories[0], category] },
    });
    const { code, stderr } = await runHere(asked.words, { cwd: asked.at });
    expect(stderr).toMatch(message);
    expect([code, existsSync(asked.out)]).toEqual([2, false]);
  });

  it('what to rehearse has to be known', async () => {
    const asked = command({ base: await fewWords(), flags: ['--rehearse', '8'] });
    const { code, stderr } = await runHere(asked.words, { cwd: asked.at });
    expect(stderr).toMatch(
      /^error: --rehearse: the base declares no judge whose classes it knows; give a file/,
    );
    expect([code, existsSync(asked.out)]).toEqual([2, false]);
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
    expect(readSafetensorsHeader(bytes(whole.out, files[0]!)).metadata).toEqual({
      format: 'pt',
      base: basename(base),
      spatiallock_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(Object.keys(JSON.parse(String(bytes(whole.out, 'training/validation.json'))))).toEqual([
      '0',
      '2',
      '4',
    ]);
    expect(filesIn(whole.out)).toEqual([...filesIn(base), 'spatiallock.json', 'training'].sort());

    const words = ['generate', '--model', whole.out, '--steps', '2', '--threads', '1', '--prompt', 'a dog'];
    const painted = await runHere([...words, '--object', 'dog@0.1,0.1,0.6,0.6'], { cwd: whole.at });
    expect([painted.code, painted.stderr]).toEqual([0, '']);
    expect(filesIn(whole.at)).toContain('picture.png');
  }, 600_000);

  it('goes on without a few pictures that are lost on the way, and stops with its state where more are', async () => {
    const many = Array.from({ length: 41 }, (_, i) => i + 1);
    const own = join(folder, 'many');
    mkdirSync(own);
    const bytes = readFileSync(join(images, '1.png'));
    const restore = (): void => {
      for (const id of many) writeFileSync(join(own, `${id}.png`), bytes);
    };
    restore();
    const data = {
      categories,
      images: many.map(picture),
      annotations: many.map((id) => annotation(id, id, [4, 4, 20, 20])),
    };
    const flags = ['--steps', '40', '--batch', '8', '--save-every', '2', '--validation', '0'];
    const given = command({ data, flags, images: own });
    const state = join(given.out, 'training', 'state.safetensors');
    /** Runs the command, and loses pictures once its first state is saved. */
    const runAndLose = async (words: readonly string[], saved: string, lose: () => void) => {
      const watch = setInterval(() => {
        if (!existsSync(saved)) return;
        clearInterval(watch);
        lose();
      }, 1);
      const outcome = await runHere(words, { cwd: folder });
      clearInterval(watch);
      return outcome;
    };

    const stopped = await runAndLose(given.words, state, () => {
      for (const id of many.slice(0, 5)) rmSync(join(own, `${id}.png`));
    });
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain('pictures: 3 of 41 cannot be read, more than 1 in 20; the last: ');
    expect(filesIn(given.out)).toEqual(['training']);
    expect(existsSync(state)).toBe(true);

    restore();
    const resumed = await runHere(given.words, { cwd: folder });
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(resumed.stdout).toContain(`resuming ${given.out}`);

    const other = command({ data, flags, images: own });
    const kept = await runAndLose(other.words, join(other.out, 'training', 'state.safetensors'), () => {
      rmSync(join(own, '7.png'));
      writeFileSync(join(own, '8.png'), bytes.subarray(0, bytes.length / 2));
    });
    expect(kept.code, kept.stderr).toBe(0);
    expect(kept.stderr).toContain('7.png');
    expect(kept.stderr).toContain('8.png');
    expect(kept.stderr).toContain('the picture is skipped (2 of 41 so far)');
    expect(kept.stdout).toContain('2 that could not be read skipped');
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
    expect(report).toMatchObject({
      settings: { unet: true, steps: 2 },
      plugins: ['poi', 'pog'],
      validationLoss: {},
    });
  }, 600_000);
});
