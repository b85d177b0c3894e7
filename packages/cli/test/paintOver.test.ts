// `generate` over pictures, of other sizes and with weights in its prompt, on the fixtures' small model.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RgbImage } from '@spatiallock/core';
import { PNG_KEYWORD, readPngText } from '@spatiallock/data';
import { readImage, writePng } from '@spatiallock/node';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { filesIn, plainImage, runHere } from './support.js';

const model = await fixtureModelFolder();
const words = [
  ...['generate', '--model', model, '--seed', '3', '--steps', '2', '--threads', '1', '--scheduler', 'ddim'],
  ...['--prompt', 'a dog', '--object', 'a dog@0.5,0,1,1'],
];
const photo: RgbImage = {
  ...plainImage(32),
  data: Uint8ClampedArray.from({ length: 3 * 32 * 32 }, (_, i) => (i * 37) % 256),
};

/** A folder with photo.png, and what the command did in it. */
async function paint(...more: string[]) {
  const cwd = temporaryFolder();
  await writePng(join(cwd, 'photo.png'), photo);
  await writePng(join(cwd, 'white.png'), plainImage(8, 255));
  return { ...(await runHere([...words, ...more], { cwd })), cwd };
}

const recordIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'picture.json'), 'utf8'));

describe('generate over a picture', () => {
  it('keeps what lies outside of the boxes, and tells what it was made from', async () => {
    const { code, stderr, cwd } = await paint('--image', 'photo.png', '--keep');
    expect([code, stderr]).toEqual([0, '']);
    const { data, width } = await readImage(join(cwd, 'picture.png'));
    const changed = Array.from(data, (value, i) => value !== photo.data[i] && Math.floor(i / 3) % width);
    const columns = changed.filter((column) => column !== false);
    expect(Math.min(...columns.map(Number))).toBe(16);
    const reported = { image: 'photo.png', imageHash: expect.stringMatching(/^[0-9a-f]{16}$/), keep: true };
    expect(recordIn(cwd)).toMatchObject(reported);
    expect(JSON.parse(readPngText(readFileSync(join(cwd, 'picture.png')), PNG_KEYWORD)!)).toMatchObject(
      reported,
    );
    // The record and the picture give the picture again.
    const again = [...words.slice(0, 11), '--layout', 'picture.json'];
    const options = ['--image', 'photo.png', '--keep', '--out', 'again.png'];
    expect(await runHere([...again, ...options], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect((await readImage(join(cwd, 'again.png'))).data).toEqual(data);
  });

  it('goes as far from it as the strength says', async () => {
    const { cwd } = await paint('--image', 'photo.png', '--mask', 'white.png', '--image-strength', '0.5');
    expect(recordIn(cwd)).toMatchObject({ mask: 'white.png', imageStrength: 0.5 });
    expect(recordIn(cwd)).not.toHaveProperty('keep');
  });

  it('does not go on with another picture', async () => {
    const { cwd } = await paint('--image', 'photo.png', '--count', '2');
    await writePng(join(cwd, 'photo.png'), plainImage(32, 9));
    const { code, stderr } = await runHere([...words, '--image', 'photo.png', '--count', '2'], { cwd });
    expect([code, stderr]).toEqual([
      2,
      'error: --out: picture-1.png was made with other contents of --image; give another name, or --overwrite to paint all anew\n',
    ]);
  });

  it.each([
    [['--mask', 'white.png'], '--mask: belongs to --image, the picture to paint over'],
    [['--keep'], '--keep: belongs to --image, the picture to paint over'],
    [['--image-strength', '0.5'], '--image-strength: belongs to --image'],
    [
      ['--image', 'photo.png', '--keep', '--mask', 'white.png'],
      '--keep: makes a mask of the boxes; give it or --mask',
    ],
    [['--image', 'none.png'], '--image: none.png: '],
    [
      ['--image', 'photo.png', '--image-strength', '0.1'],
      'error: --image-strength: 0.1 of 2 steps leaves none',
    ],
    [['--image', 'photo.png', '--image-strength', '2'], '--image-strength: must be a number in 0..1, not 2'],
    [['--width', '31'], 'width: must be a multiple of 2, not 31; the nearest are 30 and 32'],
    [['--height', '0'], '--height: must be a whole number in 1..8192, not 0'],
    [['--clip-skip', '9'], 'error: --clip-skip: must be a whole number in 1..'],
    [['--prompt-weighting', 'webui'], '--prompt-weighting: must be one of a1111, comfyui, not webui'],
    [['--negative-object', 'a cat'], '--negative-object: "a cat" must be phrase@x0,y0,x1,y1'],
  ])('refuses %j', async (more, message) => {
    const { code, stderr, cwd } = await paint(...more);
    expect(stderr).toContain(message);
    expect([code, filesIn(cwd)]).toEqual([2, ['photo.png', 'white.png']]);
  });

  it('names the flag of a strength that no flag gave', async () => {
    const cwd = temporaryFolder();
    await writePng(join(cwd, 'photo.png'), photo);
    const oneStep = words.with(words.indexOf('--steps') + 1, '1');
    const { code, stderr } = await runHere([...oneStep, '--image', 'photo.png'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: --image-strength: 0\.8 of 1 steps leaves none to sample/);
  });

  it('paints layouts of several sizes, each in its own', async () => {
    const cwd = temporaryFolder();
    const sizes = [{}, { width: 48 }, { width: 48 }, { height: 24 }];
    const layouts = sizes.map((size) => ({ prompt: 'a dog', objects: [], ...size }));
    writeFileSync(join(cwd, 'layouts.json'), JSON.stringify(layouts));
    const { code, stderr } = await runHere(
      [...words.slice(0, 11), '--layout', 'layouts.json', '--out', 'p.png'],
      { cwd },
    );
    expect([code, stderr]).toEqual([0, '']);
    const painted = [1, 2, 3, 4].map((i) => JSON.parse(readFileSync(join(cwd, `p-${i}.json`), 'utf8')));
    expect(painted.map(({ size }) => [size.width, size.height])).toEqual([
      [32, 32],
      [48, 32],
      [48, 32],
      [32, 24],
    ]);
    expect(painted.map(({ width, height }) => [width, height])).toEqual([
      [undefined, undefined],
      [48, undefined],
      [48, undefined],
      [undefined, 24],
    ]);
  });
});
