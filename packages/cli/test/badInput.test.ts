import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { fakeServices, filesIn, runHere } from './support.js';

const dog = ['--object', 'a dog@0.1,0.1,0.5,0.5'];
const many = Array.from({ length: 31 }, () => dog).flat();
const layout = (objects: unknown) => JSON.stringify({ prompt: 'a dog', objects });

const layoutFiles: Readonly<Record<string, string>> = {
  'text.json': 'a dog, please',
  'list.json': '[]',
  'blank.json': ' \n',
  'second.json': `[${layout([])}, ${layout([{ phrase: '', box: [0, 0, 1, 1] }])}]`,
  'lines.jsonl': `${layout([])}\n\n{"prompt"\n`,
  'lines.json': `${layout([])}\n\n${layout([{ phrase: 'x', box: [1] }])}\n`,
  'number.json': JSON.stringify({ prompt: 3, objects: [] }),
  'noobjects.json': JSON.stringify({ prompt: 'a dog' }),
  'phrase.json': layout([{ phrase: 7, box: [0, 0, 1, 1] }]),
  'empty.json': layout([{ phrase: '  ', box: [0, 0, 1, 1] }]),
  'corner.json': layout([{ phrase: 'a dog', box: [0, 0, '1', 1] }]),
  'null.json': layout([{ phrase: 'a dog', box: [0, 0, null, 1] }]),
  'three.json': layout([{ phrase: 'a dog', box: [0, 0, 1] }]),
  'seed.json': JSON.stringify({ prompt: 'a dog', objects: [], seed: 3.5 }),
  'seeds.json': JSON.stringify([7, 7].map((seed) => ({ prompt: 'a dog', objects: [], seed }))),
  'outside.json': layout([{ phrase: 'a dog', box: [0, 0, 1.2, 1] }]),
};

const folder = temporaryFolder();
const work = join(folder, 'work');

beforeAll(() => {
  mkdirSync(work);
  mkdirSync(join(folder, 'picture.png'));
  for (const [name, content] of Object.entries(layoutFiles)) writeFileSync(join(folder, name), content);
});

/** One line on stderr that holds the message, code 2, and no file. */
async function expectRefusal(words: readonly string[], message: string): Promise<void> {
  const { code, stderr } = await runHere(words, { cwd: work, services: fakeServices().services });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(filesIn(work)).toEqual([]);
}

describe('boxes and objects', () => {
  it.each([
    ['a dog@-0.1,0,1,1', 'objects[0].box: x0 (-0.1) must lie in 0..1'],
    ['a dog@0,0,1,1.01', 'objects[0].box: y1 (1.01) must lie in 0..1'],
    ['a dog@0.4,0.1,0.1,0.5', 'objects[0].box: x1 (0.10) must be greater than x0 (0.40)'],
    ['a dog@0.1,0.5,0.4,0.5', 'objects[0].box: y1 (0.50) must be greater than y0 (0.50)'],
    ['a dog@NaN,0,1,1', '--object: "a dog@NaN,0,1,1": x0 must be a number'],
    ['a dog@0, 30%,1,1', 'y0 must be a number, a fraction of the picture\'s side, not "30%"'],
    ['a dog@0,0,,1', '--object: "a dog@0,0,,1": x1 must be a number'],
    ['@0,0,1,1', 'objects[0].phrase: is empty'],
    ['a dog', '--object: "a dog" must be phrase@x0,y0,x1,y1'],
  ])('%s', (object, message) => expectRefusal(['generate', '--object', object], message));

  it('too many', () => expectRefusal(['generate', ...many], 'objects: 31 are too many; at most 30 fit'));
  it('an empty prompt', () => expectRefusal(['generate', '--prompt', ' ', ...dog], '--prompt: is empty'));
});

describe('layout files', () => {
  it.each([
    ['absent.json', 'absent.json: there is no such file'],
    ['picture.png', 'picture.png: it cannot be read (EISDIR)'],
    ['text.json', 'text.json: is not JSON'],
    ['list.json', 'list.json: holds no layout'],
    ['blank.json', 'blank.json: is empty'],
    ['second.json', 'second.json: [1]: objects[0].phrase: is empty'],
    ['lines.jsonl', 'lines.jsonl: line 3: is not JSON'],
    ['lines.json', 'lines.json: line 3: objects[0].box: must be four numbers'],
    ['number.json', 'number.json: prompt: must be text, not '],
    ['noobjects.json', 'noobjects.json: objects: must be a list'],
    ['phrase.json', 'objects[0].phrase: must be text, not '],
    ['empty.json', 'objects[0].phrase: is empty'],
    ['corner.json', 'objects[0].box: x1 must be a number'],
    ['null.json', 'objects[0].box: x1 must be a number, not null'],
    ['three.json', 'objects[0].box: must be four numbers'],
    ['seed.json', 'seed.json: seed: must be a whole number'],
    ['seeds.json', 'seeds.json: [0]: seed: seeds of a list follow each other from --seed on'],
    ['outside.json', 'objects[0].box: x1 (1.2) must lie in 0..1'],
  ])('%s', (file, message) => expectRefusal(['generate', '--layout', join('..', file)], message));

  it('beside flags', () =>
    expectRefusal(['generate', '--layout', '../x.json', ...dog], '--layout: stands instead of --prompt'));
});

it('a file of several layouts has a line for each fault', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'two.jsonl'), '{"prompt": 3}\n\n{\n');
  const { code, stderr } = await runHere(['generate', '--layout', 'two.jsonl'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /two\.jsonl: line 1: .*\n.*two\.jsonl: line 3: is not JSON.*\n.*has 2 faults, see above/,
  );
});

describe('settings', () => {
  it.each([
    ['--steps 0', '--steps: must be a whole number in 1..1000, not 0'],
    ['--steps 2.5', '--steps: must be a whole number'],
    ['--seed -1', '--seed: must be a whole number in 0..4294967295, not -1'],
    ['--seed x', '--seed: must be a whole number'],
    ['--scheduler magic', '--scheduler: must be one of ddim,'],
    ['--guidance -1', '--guidance: must be a number in 0..100, not -1'],
    ['--strength NaN', '--strength: must be a number in 0..10, not NaN'],
    [
      '--guidance-interval 0.6',
      '--guidance-interval: must be a share in 0..1 and a scale in 0..100, such as 0.6,2',
    ],
    ['--guidance-interval 0.6,', '--guidance-interval: must be a share in 0..1 and a scale'],
    [
      '--guidance-interval 0.6,2 --late-guidance 0.6,2',
      '--late-guidance: is the deprecated name of --guidance-interval',
    ],
    ['--late-guidance 0.6', '--late-guidance: must be a share in 0..1 and a scale in 0..100, such as 0.6,2'],
    ['--guidance-rescale 1.5', '--guidance-rescale: must be a number in 0..1, not 1.5'],
    ['--late-guidance 2,2', '--late-guidance: must be a share in 0..1'],
    ['--pog 2', '--pog: must be a number in 0..1, not 2'],
    ['--count 0', '--count: must be a whole number in 1..1000, not 0'],
    ['--device gpu', '--device: must be one of cpu, cuda, not gpu'],
    ['--threads 0', '--threads: must be a whole number'],
    ['--precision float16', '--precision: must be one of float32, half, not float16'],
    ['--threads 2 --device cuda', '--threads: belongs to --device cpu'],
    ['--model nowhere', '--model: nowhere holds no model_index.json'],
    ['--out picture.gif', '--out: must end in .png or .jpg or .jpeg or .webp, not "picture.gif"'],
    ['--out nowhere/picture.png', 'does not exist; make it first'],
    ['--out ../picture.png', 'picture.png is not a file; choose another name'],
    ['--outt x.png', '--outt: is not known (did you mean --out?); see spatiallock generate --help'],
    ['--zzz', '--zzz: is not known; see spatiallock generate --help'],
    ['--scheduler eular', 'not eular (did you mean euler?)'],
    [
      '--seed 4294967295 --count 2',
      '--seed: 2 pictures from 4294967295 on would need seeds up to 4294967296',
    ],
    ['--count 0.5', '--count: must be a whole number'],
    ['--poi-until 1.5', '--poi-until: must be a number in 0..1, not 1.5'],
    ['--poi-until 0.5 --strength 0', '--poi-until: has no effect where strength is 0'],
    ['--boxes --prompt dog --caption-alone', '--boxes: has no effect, for there is no object'],
    ['--pog 0.1 --prompt dog --caption-alone', '--pog: has no effect, for there is no object to move'],
    ['--negative cat --prompt dog --guidance 1', '--negative: has no effect at a guidance scale of 1'],
    ...['0', '1.5', 'x', '3,', '3,0', '3,2,1', '101'].map((given): [string, string] => [
      `--deep-cache ${given}`,
      `--deep-cache: must be a number of calls in 1..100, and of layers after a comma, such as 3 or 3,2, not ${given}`,
    ]),
    [
      '--guidance-interval 0.5,2 --guidance 0.5',
      '--guidance-interval: has no effect at a guidance scale of 0.5',
    ],
    ['--guidance-rescale 0.5 --guidance 1', '--guidance-rescale: has no effect at a guidance scale of 1'],
    ['--layout -', '--layout: standard input: is empty'],
    ['--negative blur', '--negative: needs --prompt'],
    ['extra', '"extra": does not belong to a flag'],
  ])('generate %s', (words, message) => expectRefusal(['generate', ...words.split(' ')], message));

  it.each([
    ['--count 0', '--count: must be a whole number in 1..5000, not 0'],
    ['--batch 0', '--batch: must be a whole number in 1..256, not 0'],
    ['--json report.txt', '--json: must end in .json'],
    ['--seed 4294967295 --count 2', '--seed: 2 pictures from 4294967295'],
    ['--html report.json', '--html: must end in .html or .htm'],
    ['--count 2', 'detector: there is none at hand'],
  ])('evaluate %s', (words, message) => expectRefusal(['evaluate', ...words.split(' ')], message));

  it.each([
    [['paint'], '"paint": is no command; use generate, evaluate, bench, dataset'],
    [['generat'], '"generat": is no command (did you mean generate?); use generate'],
    [['help', 'paint'], '"paint": is no command'],
    [['help', 'train', 'evaluate'], 'help: takes one command, not train evaluate'],
    [['--seed', '1', 'generate'], '--seed: stands before the command; write spatiallock COMMAND --seed'],
  ])('a command that is none: %j', (words, message) => expectRefusal(words, message));

  it('a folder that nobody can write to', () =>
    expectRefusal(['generate', '--out', '/proc/picture.png'], '--out: the folder /proc'));
});

describe('models', () => {
  const weights = 'unet/diffusion_pytorch_model.safetensors';

  async function expectModelRefusal(model: string, words: readonly string[], message: string): Promise<void> {
    const { code, stderr } = await runHere(['generate', '--model', model, ...words], { cwd: work });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(filesIn(work)).toEqual([]);
  }

  it('without weights', async () => {
    await expectModelRefusal(await fixtureModelFolder({ [weights]: undefined }), dog, weights);
  });

  it('with truncated weights', async () => {
    const whole = await fixtureModelFolder();
    const bytes = readFileSync(join(whole, weights));
    for (const kept of [4, 200, bytes.length - 10]) {
      const model = await fixtureModelFolder({ [weights]: bytes.subarray(0, kept) });
      await expectModelRefusal(model, dog, weights);
    }
  });

  it('that never learnt a word', async () => {
    const words = new TextEncoder().encode(JSON.stringify(['a', 'dog', 'cat']));
    const model = await fixtureModelFolder({ 'tokenizer/words.json': words });
    await expectModelRefusal(
      model,
      ['--object', 'a doge@0,0,1,1', '--prompt', 'a dog'],
      'objects[0].phrase: the model never learnt "doge"; nearest known words: dog',
    );
    await expectModelRefusal(
      model,
      ['--object', 'a doge@0,0,1,1'],
      'error: --object: the model never learnt "doge"; nearest known words: dog',
    );
  });
});
