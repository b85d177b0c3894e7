// An object's `hold`, the start and the end of the calls in which it is held to its box, through the commands.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG_KEYWORD, readPngText } from '@spatiallock/data';
import { readImage } from '@spatiallock/node';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { filesIn, runHere } from './support.js';

const model = await fixtureModelFolder();
const sampling = ['--model', model, '--seed', '3', '--steps', '4', '--threads', '1', '--scheduler', 'ddim'];
const layout = (hold?: unknown) => ({
  prompt: 'a dog',
  objects: [{ phrase: 'a dog', box: [0.5, 0, 1, 1], ...(hold === undefined ? {} : { hold }) }],
});

function folderWith(hold: unknown): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'layout.json'), JSON.stringify(layout(hold)));
  return cwd;
}

const generate = (cwd: string, ...more: string[]) =>
  runHere(['generate', '--layout', 'layout.json', ...sampling, ...more], { cwd });

async function painted(hold: unknown): Promise<{ cwd: string; data: Uint8ClampedArray }> {
  const cwd = folderWith(hold);
  const { code, stderr } = await generate(cwd);
  expect([code, stderr]).toEqual([0, '']);
  return { cwd, data: (await readImage(join(cwd, 'picture.png'))).data };
}

describe('generate with a hold', () => {
  it('holds the object from its start to its end alone', async () => {
    const [whole, first, second] = await Promise.all(
      [
        [0, 1],
        [0, 0.5],
        [0.5, 1],
      ].map(async (hold) => (await painted(hold)).data),
    );
    expect(first).not.toEqual(whole);
    expect(second).not.toEqual(whole);
    expect(second).not.toEqual(first);
  });

  it('tells of it in the record and in the picture, which give the picture again', async () => {
    const { cwd, data } = await painted([0.25, 0.5]);
    const record = JSON.parse(readFileSync(join(cwd, 'picture.json'), 'utf8'));
    expect(record.objects[0].hold).toEqual([0.25, 0.5]);
    const text = readPngText(readFileSync(join(cwd, 'picture.png')), PNG_KEYWORD)!;
    expect(JSON.parse(text).objects[0].hold).toEqual([0.25, 0.5]);
    const again = await runHere(['generate', '--layout', 'picture.json', ...sampling, '--out', 'again.png'], {
      cwd,
    });
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect((await readImage(join(cwd, 'again.png'))).data).toEqual(data);
  });

  it.each<[unknown, string]>([
    [[0.6, 0.4], 'objects[0].hold: until (0.4) must be greater than from (0.6)'],
    [[0.5, 0.5], 'objects[0].hold: until (0.5) must be greater than from (0.5)'],
    [[0.5], 'objects[0].hold: must be two shares of the calls'],
    [0.5, 'objects[0].hold: must be two shares of the calls'],
    [[-0.1, 1], 'objects[0].hold[0]: '],
    [[0, 1.1], 'objects[0].hold[1]: '],
    [['0', 1], 'objects[0].hold[0]: '],
  ])('refuses %j', async (hold, message) => {
    const cwd = folderWith(hold);
    const { code, stderr } = await generate(cwd);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--layout: layout.json: ${message}`)]);
    expect(filesIn(cwd)).toEqual(['layout.json']);
  });
});

describe('dataset with a hold', () => {
  const words = ['dataset', '--layouts', 'layout.json', ...sampling, '-o', 'set'];
  const listed = (hold?: unknown): string => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'layout.json'), JSON.stringify([layout(hold)]));
    return cwd;
  };

  it('paints as generate does, and tells of it in the picture', async () => {
    const cwd = listed([0, 0.5]);
    const { code, stderr } = await runHere(words, { cwd });
    expect([code, stderr]).toEqual([0, '']);
    const file = join(cwd, 'set', 'images', 'train', '000000.png');
    expect((await readImage(file)).data).toEqual((await painted([0, 0.5])).data);
    expect(JSON.parse(readPngText(readFileSync(file), PNG_KEYWORD)!).objects[0].hold).toEqual([0, 0.5]);
  });

  it('refuses one that ends before it starts, before anything is painted', async () => {
    const cwd = listed([0.6, 0.4]);
    const { code, stderr } = await runHere(words, { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('[0]: objects[0].hold: until (0.4)')]);
    expect(filesIn(cwd)).toEqual(['layout.json']);
  });
});
