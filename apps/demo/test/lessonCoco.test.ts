// Boxes of pictures to learn from, as COCO data.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cocoOfLessons, withCoco } from '../src/learning/coco.js';
import { type Lesson, namedApart } from '../src/learning/lessons.js';
import * as state from '../src/state/lessons.js';
import { notices } from '../src/state/notices.js';
import { lesson } from './support/lessons.js';

beforeEach(() => {
  for (const { id } of state.lessons.value) state.removeLesson(id);
  state.faults.value = [];
  notices.value = [];
});
afterEach(() => vi.unstubAllGlobals());

describe('the boxes of lessons', () => {
  it('go out as COCO data and come in again', () => {
    const lessons = [lesson('a.png', ['a hard hat', 'a cat']), lesson('b.png', [])];
    const coco = cocoOfLessons(lessons);
    expect(coco.categories.map(({ name }) => name)).toEqual(['hard hat', 'cat']);
    const bare = lessons.map((each) => ({ ...each, boxes: [] }));
    const { lessons: again, count, faults } = withCoco(bare, `\uFEFF${JSON.stringify(coco)}`);
    expect([count, faults]).toEqual([1, []]);
    const named = ({ boxes }: Lesson) => boxes.map(({ phrase, box }) => ({ phrase, box }));
    expect(again.map(named)).toEqual(lessons.map(named));
  });

  it('come by the file name, and only onto pictures of the same shape', () => {
    const coco = (name: string, width: number, height: number) =>
      JSON.stringify({
        images: [{ id: 1, file_name: name, width, height }],
        categories: [{ id: 1, name: 'forklift' }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, width / 2, height / 2] }],
      });
    const given = [{ ...lesson('a.png', ['a cat']), size: { width: 200, height: 100 } }];
    const taken = withCoco(given, coco('folder\\a.png', 4000, 2000));
    expect(taken.lessons[0]!.boxes).toMatchObject([{ phrase: 'forklift', box: [0, 0, 0.5, 0.5] }]);
    const turned = withCoco(given, coco('a.png', 2000, 4000));
    expect(turned.lessons).toEqual(given);
    expect(turned.faults).toEqual([expect.stringMatching(/^a.png: the COCO file says 2000 x 4000/)]);
    expect(withCoco(given, coco('c.png', 40, 20))).toMatchObject({ count: 0, faults: [] });
    expect(() => withCoco(given, 'no JSON')).toThrow(/COCO data/);
    expect(() => withCoco(given, '{}')).toThrow(/categories/);
  });
});

describe('pictures of one file name', () => {
  const phrasesOf = ({ boxes }: Lesson) => boxes.map(({ phrase }) => phrase);
  const bareOf = (lessons: readonly Lesson[]) => lessons.map((each) => ({ ...each, boxes: [] }));
  const twins = namedApart([
    lesson('a.png', ['a cat']),
    lesson('b.png', []),
    lesson('a.png', ['a forklift']),
    lesson('a (2).png', ['a dog']),
  ]);
  const namesIn = (lessons: readonly Lesson[]) =>
    cocoOfLessons(lessons).images.map(({ file_name }) => file_name);
  const cocoOf = (...names: readonly string[]) =>
    JSON.stringify({
      images: names.map((name, id) => ({ id, file_name: name, width: 8, height: 8 })),
      categories: [{ id: 1, name: 'forklift' }],
      annotations: names.map((_, id) => ({ id, image_id: id, category_id: 1, bbox: [0, 0, 4, 4] })),
    });

  it('are told apart by names that go out and come in again, in any order', () => {
    const names = ['a.png', 'b.png', 'a (3).png', 'a (2).png'];
    expect(twins.map(({ name }) => name)).toEqual(names);
    expect(namedApart(twins)).toEqual(twins);
    expect(namesIn(twins)).toEqual(names);
    const read = withCoco(bareOf(twins).toReversed(), JSON.stringify(cocoOfLessons(twins)));
    expect(read.faults).toEqual([]);
    expect(read.lessons.toReversed().map(phrasesOf)).toEqual(twins.map(phrasesOf));
    // One that is alone goes by its file's name, and takes no boxes of the other.
    const alone = twins.slice(1, 3);
    expect(namesIn(alone)).toEqual(['b.png', 'a.png']);
    for (const given of [alone, twins]) {
      const { lessons: again } = withCoco(bareOf(alone), JSON.stringify(cocoOfLessons(given)));
      expect(again.map(phrasesOf)).toEqual([[], ['a forklift']]);
    }
  });

  it('get no boxes of a file that does not tell them apart, and it is said', () => {
    for (const names of [['a.png'], ['x/a.png', 'y/a.png']]) {
      const { lessons: read, faults, named } = withCoco(twins, cocoOf(...names));
      expect(read).toEqual(twins);
      expect(faults).toEqual([expect.stringMatching(/^a\.png: 2 pictures here have this file name/)]);
      expect(named).toBe(2);
    }
    const { faults } = withCoco(twins, cocoOf('x/b.png', 'y/b.png'));
    expect(faults).toEqual(['b.png: is named twice; rename one of x/b.png and y/b.png']);
  });

  it('need no plain names, and earlier visits are told apart, too', () => {
    const odd = ['x.y/a', 'x.y/a', 'a', '', '', '.png', '.png', 'a$&.b', 'a$&.b'];
    const apart = namedApart(odd.map((name) => lesson(name, [])));
    expect(new Set(apart.map(({ name }) => name.split('/').at(-1))).size).toBe(odd.length);
    const [first, second] = [lesson('a.png', []), lesson('a.png', [])];
    state.restoreLessons([second]);
    state.restoreLessons([first]);
    expect(state.lessons.value).toEqual([first, { ...second, name: 'a (2).png', fileName: 'a.png' }]);
  });
});

describe('large pictures', () => {
  const sizes: Readonly<Record<string, readonly [number, number]>> = {
    wide: [4032, 3024],
    tall: [300, 1000],
  };

  /** Files hold the name of a size. */
  function stubPictures(): void {
    vi.stubGlobal(
      'Image',
      class {
        readonly naturalWidth = 4032;
        readonly naturalHeight = 3024;
        onload: () => void = () => undefined;
        set src(_: string) {
          this.onload();
        }
      },
    );
    vi.stubGlobal('createImageBitmap', async (file: Blob) => {
      const [width, height] = sizes[await file.text()]!;
      return { width, height, close: () => undefined };
    });
    vi.stubGlobal(
      'OffscreenCanvas',
      class {
        constructor(
          readonly width: number,
          readonly height: number,
        ) {}
        readonly getContext = () => ({
          canvas: this,
          drawImage: () => undefined,
          getImageData: () => ({ data: new Uint8ClampedArray(4 * this.width * this.height) }),
        });
      },
    );
  }

  it('are saved in their own pixels, under names that are said where files must be renamed', async () => {
    stubPictures();
    const click = vi.fn();
    const saved: Blob[] = [];
    vi.stubGlobal('document', { createElement: () => ({ click }) });
    const addressOf = vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      saved.push(blob as Blob);
      return 'blob:saved';
    });
    await state.addFiles(['wide', 'tall'].map((size) => new File([size], 'a.png')));
    expect(state.lessons.value).toMatchObject([
      { name: 'a.png', size: { width: 4032, height: 3024 }, picture: { width: 256, height: 192 } },
      { name: 'a (2).png', fileName: 'a.png', size: { width: 300, height: 1000 }, picture: { width: 77 } },
    ]);
    for (const { id } of state.lessons.value) state.addBox(id, [0.25, 0.5, 0.75, 1]);
    state.saveCoco();
    const coco = JSON.parse(await saved.at(-1)!.text()) as ReturnType<typeof cocoOfLessons>;
    expect(coco.images).toMatchObject([
      { file_name: 'a.png', width: 4032, height: 3024 },
      { file_name: 'a (2).png', width: 300, height: 1000 },
    ]);
    expect(coco.annotations.map(({ bbox }) => bbox)).toEqual([
      [1008, 1512, 2016, 1512],
      [75, 500, 150, 500],
    ]);
    expect(notices.value.map(({ text }) => text)).toEqual([
      'In boxes.json one a.png is called a (2).png: rename the files so.',
    ]);
    addressOf.mockRestore();
  });
});
