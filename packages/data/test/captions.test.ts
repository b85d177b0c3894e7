import { describe, expect, it } from 'vitest';
import { type DataIssue, readCaptions } from '../src/index.js';

describe('captions by file name', () => {
  it('are taken as they are, without the space around them', () => {
    expect([...readCaptions({ 'a.jpg': ' a dog\n', 'b/c.jpg': 'two cats' }, {})]).toEqual([
      ['a.jpg', 'a dog'],
      ['b/c.jpg', 'two cats'],
    ]);
  });

  it.each([
    [{ 'a.jpg': '' }, 'a.jpg: must be a text that is not empty'],
    [{ 'a.jpg': ' \t' }, 'a.jpg: must be a text that is not empty'],
    [{ 'a.jpg': 'a dog', 'b.jpg': 7 }, 'b.jpg: must be a text that is not empty'],
    [{ annotations: 'none' }, undefined],
    [['a dog'], 'must be an object: file names to captions, or COCO captions'],
    [null, 'must be an object: file names to captions, or COCO captions'],
    ['a dog', 'must be an object: file names to captions, or COCO captions'],
  ])('%j: %s', (given, message) => {
    const read = () => readCaptions(given, {});
    if (message === undefined) expect([...read()]).toEqual([['annotations', 'none']]);
    else expect(read).toThrow(message);
  });
});

describe("COCO's captions", () => {
  const coco = {
    images: [
      { id: 1, file_name: 'one.jpg' },
      { id: 'two', file_name: 'two.jpg' },
      null,
      { id: 3, file_name: '3.jpg' },
    ],
  };
  const captions = (annotations: readonly unknown[], images: unknown = coco) => [
    ...readCaptions({ annotations }, images),
  ];

  it('belong to the images of their ids; the first of an image counts, and those of other images do not', () => {
    expect(
      captions([
        { image_id: 'two', caption: ' a cat ' },
        { image_id: 1, caption: 'a dog' },
        { image_id: 1, caption: 'a brown dog' },
        { image_id: 99, caption: 'a bird' },
      ]),
    ).toEqual([
      ['two.jpg', 'a cat'],
      ['one.jpg', 'a dog'],
    ]);
  });

  it('go by the ids of their own file, where that lists the images', () => {
    const annotations = [
      { image_id: 1, caption: 'a cat' },
      { image_id: 2, caption: 'a dog' },
      { image_id: 3, caption: 'a bird' },
    ];
    const own = [
      { id: 1, file_name: 'two.jpg' },
      { id: 2, file_name: 'one.jpg' },
      { id: 3, file_name: 'other.jpg' },
    ];
    const expected = [
      ['two.jpg', 'a cat'],
      ['one.jpg', 'a dog'],
    ];
    expect([...readCaptions({ images: own, annotations }, coco)]).toEqual(expected);
    const spelled = {
      images: ['photos\\one.jpg', 'photos/cafe\u0301.jpg'].map((file_name, id) => ({ id, file_name })),
    };
    const theirs = ['photos/café.jpg', 'photos/one.jpg'].map((file_name, id) => ({ id, file_name }));
    const told = [
      { image_id: 0, caption: 'a cup' },
      { image_id: 1, caption: 'a boat' },
    ];
    expect([...readCaptions({ images: theirs, annotations: told }, spelled)]).toEqual([
      ['photos/cafe\u0301.jpg', 'a cup'],
      ['photos\\one.jpg', 'a boat'],
    ]);
    const renamed = own.map(({ id }) => ({ id, file_name: `COCO_${id}.jpg` }));
    expect([...readCaptions({ images: renamed, annotations }, coco)]).toEqual([
      ['one.jpg', 'a cat'],
      ['3.jpg', 'a bird'],
    ]);
  });

  it('belong to their images also where one file has ids as numbers and the other as texts', () => {
    expect(
      captions([
        { image_id: '1', caption: 'a dog' },
        { image_id: '3.0', caption: 'a bird' },
      ]),
    ).toEqual([
      ['one.jpg', 'a dog'],
      ['3.jpg', 'a bird'],
    ]);
    expect(
      captions([{ image_id: 7, caption: 'a cat' }], { images: [{ id: '7', file_name: 'c.jpg' }] }),
    ).toEqual([['c.jpg', 'a cat']]);
  });

  it.each([
    [[{ image_id: {}, caption: 'x' }], 'annotations[0].image_id: must be an integer or a text, is {}'],
    [[{ caption: 'x' }], 'annotations[0].image_id: must be an integer or a text, is missing'],
    [[{ image_id: 1, caption: 'x' }, null], 'annotations[1]: must be an object'],
    [[{ image_id: 1 }], 'annotations[0].caption: must be a text that is not empty'],
    [[{ image_id: 99, caption: '' }], 'annotations[0].caption: must be a text that is not empty'],
  ])('%j is refused by its field', (annotations, message) => {
    expect(() => captions(annotations)).toThrow(message);
  });

  it('that cannot be understood are listed as a whole, or left out', () => {
    const own = { 'a.jpg': '', 'b.jpg': 'a dog', 'c.jpg': 7 };
    const annotations = [{ image_id: 1 }, null, { image_id: 'two', caption: 'a cat' }];
    const faults = 'a.jpg: must be a text that is not empty\nc.jpg: must be a text that is not empty';
    expect(() => readCaptions(own, {})).toThrow(faults);
    expect([...readCaptions(own, {}, { skipBad: true })]).toEqual([['b.jpg', 'a dog']]);
    const fields: string[] = [];
    const onIssue = ({ field }: DataIssue) => fields.push(field);
    expect([...readCaptions({ annotations }, coco, { skipBad: true, onIssue })]).toEqual([
      ['two.jpg', 'a cat'],
    ]);
    expect(fields).toEqual(['annotations[0].caption', 'annotations[1]']);
  });

  it.each([null, [], {}, { images: 7 }])('belong to no image of %j', (images) => {
    expect(captions([{ image_id: 1, caption: 'a dog' }], images)).toEqual([]);
  });
});
