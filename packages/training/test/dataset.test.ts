// A user's pictures and annotations, as they come from cameras, tools and other systems.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box } from '@spatiallock/core';
import { DataError, type DataIssue, issueText, type LabelledImage } from '@spatiallock/data';
import { encodePng, type RgbImage, readImage } from '@spatiallock/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captionOf, type DatasetOptions, largestObjects, readDataset } from '../src/index.js';

const root = mkdtempSync(join(tmpdir(), 'spatiallock-dataset-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = join(root, 'images');
const [WIDTH, HEIGHT] = [60, 40];

const objects = [{ label: 'dog', box: [0.25, 0.25, 0.75, 0.5] as const }];
const picture = (fileName: string, more: Partial<LabelledImage> = {}): LabelledImage => {
  return { fileName, width: WIDTH, height: HEIGHT, objects, ...more };
};

/** Noise, so that half of the file is not all of the picture. */
const image: RgbImage = {
  width: WIDTH,
  height: HEIGHT,
  channels: 3,
  data: Uint8ClampedArray.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => (i * i * 31) % 256),
};

let png: Uint8Array;
beforeAll(async () => {
  png = await encodePng(image);
  mkdirSync(join(folder, 'sub', 'folder.png'), { recursive: true });
  for (const name of ['a.png', 'b.png', 'c.PNG', 'sub/d.png', 'straße ü.png'.normalize('NFD')])
    writeFileSync(join(folder, name), png);
  writeFileSync(join(folder, 'half.png'), png.subarray(0, png.length / 2));
  writeFileSync(join(folder, 'empty.png'), '');
  writeFileSync(join(folder, 'text.png'), 'no picture');
  writeFileSync(join(root, 'outside.png'), png);
});

async function read(pictures: readonly LabelledImage[], more: Partial<DatasetOptions> = {}) {
  const issues: DataIssue[] = [];
  const options = {
    pictures,
    folder,
    validation: 0,
    seed: 1,
    onIssue: (issue: DataIssue) => issues.push(issue),
  };
  const dataset = await readDataset({ ...options, ...more });
  return { dataset, issues: issues.map(issueText), paths: dataset.training.map(({ path }) => path).sort() };
}

async function refused(
  pictures: readonly LabelledImage[],
  more: Partial<DatasetOptions> = {},
): Promise<string[]> {
  const error = await read(pictures, more).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof DataError)) throw error ?? new Error('was not refused');
  return error.message.split('\n');
}

describe('names of files', () => {
  it.each([
    ['a.png', 'a.png'],
    ['./a.png', 'a.png'],
    ['sub/d.png', 'sub/d.png'],
    ['sub\\d.png', 'sub/d.png'],
    ['.\\sub\\d.png', 'sub/d.png'],
    ['c.PNG', 'c.PNG'],
    ['straße ü.png', 'straße ü.png'.normalize('NFD')],
  ])('%s is found', async (name, at) => {
    expect((await read([picture(name)])).paths).toEqual([join(folder, at)]);
  });

  it.each([
    '../outside.png',
    'sub/../../outside.png',
    '..\\outside.png',
    'sub\\..\\..\\outside.png',
    '/etc/hosts',
    'C:\\data\\a.png',
    'c:/a.png',
    'a\0.png',
  ])('%j is refused', async (name) => {
    const lines = await refused([picture(name), picture('a.png')]);
    expect(lines).toEqual([
      `images[0] (${name}): leads out of the folder of pictures; file_name must be relative to it`,
    ]);
  });

  it.each([
    ['A.png', '; there is a.png, in other letters'],
    ['c.png', '; there is c.PNG, in other letters'],
    ['images/a.png', '; there is a.png in that folder itself: give the folder above it'],
    ['sub\\x.png', '; names with \\ or accents were looked for in their other spellings, too'],
    ['x.png', ''],
  ])('%s is missing, and what is near it is named', async (name, hint) => {
    expect(await refused([picture(name)])).toEqual([
      `images[0] (${name}): there is no such file in ${folder}${hint}`,
    ]);
  });
});

describe('what cannot be read', () => {
  const bad = [
    picture('half.png'),
    picture('empty.png'),
    picture('text.png'),
    picture('sub/folder.png'),
    picture('x.png'),
  ];

  it('is listed all at once, before anything is trained', async () => {
    const lines = await refused([picture('a.png'), ...bad, picture('b.png', { width: 80 })]);
    expect(lines.map((line) => line.replace(/\(\/.*?: /, '('))).toEqual([
      expect.stringMatching(/^images\[1\] \(half\.png\): cannot be read \(/),
      'images[2] (empty.png): cannot be read (is empty)',
      expect.stringMatching(/^images\[3\] \(text\.png\): cannot be read \(.*damaged or of another format/),
      'images[4] (sub/folder.png): cannot be read (is a folder, not a picture)',
      expect.stringMatching(/^images\[5\] \(x\.png\): there is no such file/),
      'images[6] (b.png): the annotations say 80 x 40 pixels, the file has 60 x 40; boxes would not fit',
    ]);
  });

  it('is not looked for where nothing is decoded', async () => {
    const found = await read([picture('a.png'), picture('half.png')], { decode: false });
    expect(found.paths.map((path) => path.replace(`${folder}/`, ''))).toEqual(['a.png', 'half.png']);
  });

  it('is counted while pictures are looked at, up to their number', async () => {
    const seen: (readonly [number, number])[] = [];
    const onProgress = (done: number, count: number) => seen.push([done, count]);
    await read([picture('a.png'), picture('x.png'), picture('b.png')], { skipBad: true, onProgress });
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('and pictures without boxes need no words that the model knows', async () => {
    const strange = picture('b.png', { caption: 'a wolf', objects: [] });
    const { dataset, paths } = await read([picture('a.png'), strange, picture('x.png')], {
      skipBad: true,
      words: ['a', 'dog'],
    });
    expect(paths).toEqual([join(folder, 'a.png')]);
    expect(dataset).toMatchObject({ withoutBoxes: 1, bad: 1 });
  });

  it('is left out where that is asked for', async () => {
    const { dataset, issues, paths } = await read([picture('a.png'), ...bad], { skipBad: true });
    expect(paths).toEqual([join(folder, 'a.png')]);
    expect(dataset.bad).toBe(5);
    expect(issues).toHaveLength(5);
    await expect(read(bad, { skipBad: true })).rejects.toThrow('annotations: no image is left');
  });

  it('stays left out where an earlier look found it bad, whatever has become of it', async () => {
    const pictures = [
      picture('a.png'),
      picture('b.png', { width: 80 }),
      picture('half.png'),
      picture('c.PNG'),
    ];
    const { dataset: first } = await read(pictures, { skipBad: true });
    const { badPictures } = first;
    expect(Object.keys(badPictures)).toEqual(['images[1] (b.png)', 'images[2] (half.png)']);
    const mended = pictures.with(1, picture('b.png'));
    const { dataset, issues } = await read(mended, { skipBad: true, decode: false, badPictures });
    expect(dataset).toEqual(first);
    expect(issues).toEqual([
      'images[1] (b.png): was left out when the training began: the annotations say 80 x 40 pixels, the file has 60 x 40; boxes would not fit',
      expect.stringMatching(
        /^images\[2\] \(half\.png\): was left out when the training began: cannot be read/,
      ),
    ]);
    await expect(read(pictures, { badPictures: { 'images[1] (b.png)': 5 as never } })).rejects.toThrow(
      'options.badPictures: of "images[1] (b.png)": must be text, not 5',
    );
  });

  it('is judged together with what the annotations lack', async () => {
    const known: DataIssue = {
      kind: 'bad',
      field: 'annotations[7].category_id',
      message: 'there is no category with the id 9',
      id: '4',
    };
    const lines = await refused([picture('x.png')], { issues: [known] });
    expect(lines).toEqual([issueText(known), expect.stringMatching(/^images\[0\] \(x\.png\): /)]);
    const clipped: DataIssue = {
      kind: 'clipped',
      field: 'annotations[0].bbox',
      message: 'leaves the picture',
    };
    expect((await read([picture('a.png')], { issues: [clipped] })).issues).toEqual([issueText(clipped)]);
    expect(await refused([picture('a.png')], { issues: [clipped], strict: true })).toEqual([
      issueText(clipped),
    ]);
  });

  it('of captions and words is listed, each word once', async () => {
    const captions = new Map([
      ['b.png', 'a wolf'],
      ['sub/d.png', 'a dog'],
      ['y.png', 'a dog'],
    ]);
    const lines = await refused(
      [picture('a.png', { caption: 'a wolf' }), picture('b.png'), picture('sub\\d.png')],
      {
        captions,
        words: ['a', 'dog'],
      },
    );
    expect(lines).toEqual([
      'captions: "y.png" is no file_name of an image',
      expect.stringMatching(/^images\[0\] \(a\.png\): .*"wolf".* \(so are 1 more images\)$/),
    ]);
  });

  it('a file that is named twice is learnt from or held out, not both', async () => {
    const pictures = ['a.png', './a.png', 'sub/d.png', 'sub\\d.png', 'b.png'].map((name) => picture(name));
    for (const seed of [1, 2, 3, 4]) {
      const { dataset } = await read(pictures, { validation: 0.4, seed });
      const paths = dataset.training.map(({ path }) => path);
      expect(dataset.validation.filter(({ path }) => paths.includes(path))).toEqual([]);
      expect(dataset.training.length + dataset.validation.length).toBe(5);
      expect(new Set(dataset.validation.map(({ path }) => path)).size).toBe(1);
    }
  });

  it('captions of other pictures alone are reported', async () => {
    expect(await refused([picture('a.png')], { captions: new Map() })).toEqual([
      'captions: none belongs to an image of the data',
    ]);
  });

  it('which pictures validate does not depend on those that are missing', async () => {
    const names = ['a.png', 'b.png', 'c.PNG', 'sub/d.png'];
    const whole = await read(
      names.map((name) => picture(name)),
      { validation: 0.5 },
    );
    const lost = whole.dataset.training[0]!.path;
    const pictures = names.map((name) => picture(lost.endsWith(name) ? 'x.png' : name));
    const rest = await read(pictures, { validation: 0.5, skipBad: true });
    expect(rest.dataset.validation).toEqual(whole.dataset.validation);
    expect(rest.paths).toEqual(whole.paths.filter((path) => path !== lost));
  });
});

describe('what is trained on', () => {
  const names = ['a.png', 'b.png', 'c.PNG', 'sub/d.png'];
  const held = async (count: number, validation: number, seed = 1) => {
    const pictures = names.slice(0, count).map((name) => picture(name));
    const { dataset } = await read(pictures, { validation, seed });
    expect(dataset.training.length + dataset.validation.length).toBe(count);
    return dataset.validation.map(({ path }) => path);
  };

  it.each([
    [4, 0, 0],
    [4, 0.1, 1],
    [4, 0.5, 2],
    [4, 0.6, 2],
    [4, 0.65, 3],
    [4, 0.99, 3],
    [2, 0.1, 1],
    [2, 0.99, 1],
    [1, 0.5, 0],
  ])('of %d pictures a share of %d keeps %d for validation', async (count, share, kept) => {
    expect(await held(count, share)).toHaveLength(kept);
  });

  it('the seed decides which', async () => {
    const sets = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => held(4, 0.5, seed)));
    expect(new Set(sets.map((paths) => [...paths].sort().join())).size).toBeGreaterThan(2);
    expect(await held(4, 0.5, 3)).toEqual(sets[2]);
  });

  it('each category keeps a picture, and the others are held out as they would be without it', async () => {
    const label = (name: string) => [{ ...objects[0]!, label: name }];
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const given = names.map((name, i) => picture(name, { objects: i === 2 ? label('owl') : objects }));
      const { dataset } = await read(given, { validation: 0.5, seed });
      const held = dataset.validation.map(({ path }) => path);
      expect(held).toHaveLength(2);
      expect(dataset.training.flatMap((each) => each.objects.map((object) => object.label))).toContain('owl');
      const plain = await read(
        names.map((name) => picture(name)),
        { validation: 0.5, seed },
      );
      const usual = plain.dataset.validation.map(({ path }) => path);
      if (!usual.includes(join(folder, names[2]!))) expect(held).toEqual(usual);
    }
    const different = names.map((name) => picture(name, { objects: label(name) }));
    expect((await read(different, { validation: 0.5 })).dataset).toMatchObject({ validation: [] });
  });

  it('words that the model does not know are no fault where they are learnt; signs are one even so', async () => {
    const given = [
      picture('a.png', { caption: 'a zebra and a dog' }),
      picture('b.png', { caption: 'a dog 🚜', objects }),
    ];
    const options = { words: ['a', 'dog'], skipBad: true };
    const fileNames = ({ paths }: Awaited<ReturnType<typeof read>>) =>
      paths.map((path) => path.slice(folder.length + 1));
    expect(fileNames(await read(given, { ...options, newWords: true }))).toEqual(['a.png']);
    await expect(read(given, options)).rejects.toThrow('annotations: no image is left');
  });

  it('objects beyond the slots are left out, the smallest ones, and the others keep their order', async () => {
    const many = Array.from({ length: 32 }, (_, i) => ({
      label: `object ${i}`,
      box: [0, 0, i === 5 || i === 20 ? 0.1 : 0.2 + i / 100, 0.5] as const,
    }));
    const { dataset } = await read([picture('a.png', { objects: many })]);
    expect(dataset.leftOut).toBe(2);
    expect(dataset.training[0]!.objects.map(({ label }) => label)).toEqual(
      many.map(({ label }) => label).filter((label) => !['object 5', 'object 20'].includes(label)),
    );
  });

  it('how large an object is does not depend on where it stands', () => {
    const small = Array.from({ length: 30 }, (_, i): Box => [0.89 - i / 1000, 0.89, 0.99 - i / 1000, 0.99]);
    const all = [...small, [0, 0, 0.2, 0.2] as const].map((box) => ({ box }));
    expect(largestObjects(all)).toHaveLength(30);
    expect(largestObjects(all)).toContain(all[30]);
  });

  it('phrases are the labels where there are none, and captions of a file stand over those of pictures', async () => {
    const given = [
      picture('a.png', { caption: 'its own', objects: [{ ...objects[0]!, phrase: 'a brown dog' }] }),
      picture('b.png', { caption: 'another' }),
      picture('c.PNG'),
    ];
    const captions = new Map([['a.png', 'of the file']]);
    const { dataset } = await read(given, { captions });
    const shown = dataset.training.map(({ path, caption, objects: [object] }) => [
      path.slice(folder.length + 1),
      caption,
      object!.phrase,
    ]);
    expect(shown.sort()).toEqual([
      ['a.png', 'of the file', 'a brown dog'],
      ['b.png', 'another', 'dog'],
      ['c.PNG', undefined, 'dog'],
    ]);
  });

  it.each([
    [['dog'], 'a dog'],
    [['apple'], 'an apple'],
    [['dog', 'Owl'], 'a dog and an Owl'],
    [['dog', 'cat', 'dog', 'egg'], 'a dog, a cat and an egg'],
    [['hard hats', 'a forklift', 'Forklift', 'scissors'], 'a hard hat, a forklift and scissors'],
    [['The apple'], 'an apple'],
    [[], ''],
  ])('%j is called "%s"', (labels, caption) => {
    expect(captionOf(labels.map((label) => ({ label })))).toBe(caption);
  });
});

describe('categories', () => {
  const of = (label: string) => [{ label, box: objects[0]!.box }];

  it('in the plural keep their name, and are said of one thing', async () => {
    const { dataset } = await read([picture('a.png', { objects: of('hard hats') })]);
    expect(dataset.training[0]!.objects).toMatchObject([{ label: 'hard hats', phrase: 'hard hat' }]);
  });

  it('that no caption can say are refused by their name', async () => {
    const named = (label: string) =>
      `the category "${label}" names nothing that can be learnt; name it in words`;
    const pictures = [picture('a.png', { objects: of('the') }), picture('b.png', { objects: of('🚜') })];
    expect(await refused(pictures, { words: ['the', 'a'] })).toEqual([
      `images[0] (a.png): ${named('the')}`,
      `images[1] (b.png): ${named('🚜')}`,
    ]);
    expect(await refused(pictures)).toEqual([`images[0] (a.png): ${named('the')}`]);
  });
});

describe('pictures that EXIF turns', () => {
  /** Black but for a white box, as a camera stores it that was held in the given way. */
  async function stored(orientation: number, [x0, y0, x1, y1]: Box): Promise<string> {
    const { default: sharp } = await import('sharp');
    const data = Buffer.alloc(3 * WIDTH * HEIGHT);
    for (let y = y0 * HEIGHT; y < y1 * HEIGHT; y++) {
      for (let x = x0 * WIDTH; x < x1 * WIDTH; x++)
        data.fill(255, 3 * (y * WIDTH + x), 3 * (y * WIDTH + x + 1));
    }
    const name = `turned-${orientation}.png`;
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    await sharp(data, { raw }).withMetadata({ orientation }).png().toFile(join(folder, name));
    return name;
  }

  it.each([5, 6, 7, 8])(
    'by orientation %d take their boxes along, and it is reported',
    async (orientation) => {
      const box: Box = [0.1, 0.25, 0.3, 0.75];
      const name = await stored(orientation, box);
      const given = picture(name, { objects: [{ label: 'dog', box }] });
      const { dataset, issues } = await read([given]);
      expect(issues[0]).toBe(
        `images[0] (${name}): the annotations are of 60 x 40 pixels, EXIF turns the picture to 40 x 60; boxes are turned with it`,
      );
      const [
        {
          width,
          height,
          path,
          objects: [object],
        },
      ] = dataset.training as [(typeof dataset.training)[0]];
      const { data, ...size } = await readImage(path);
      expect(size).toMatchObject({ width, height });
      const [x0, y0, x1, y1] = object!.box;
      const inside = Array.from({ length: width * height }, (_, i) => {
        const [x, y] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
        return x > x0 && x < x1 && y > y0 && y < y1 ? 255 : 0;
      });
      expect(inside).toEqual(Array.from({ length: width * height }, (_, i) => data[3 * i]));
      expect(await refused([given], { strict: true })).toHaveLength(1);
    },
  );

  it('and annotations made on the upright picture fit as they are', async () => {
    const name = await stored(6, [0, 0, 1, 1]);
    const { dataset, issues } = await read([picture(name, { width: HEIGHT, height: WIDTH })]);
    expect(issues).toEqual([]);
    expect(dataset.training[0]!.objects[0]!.box).toEqual(objects[0]!.box);
  });
});
