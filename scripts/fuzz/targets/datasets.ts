// COCO and YOLO: what is accepted holds boxes inside their pictures, under names that the file gives.

import { parseJson } from '@spatiallock/core/io';
import { type LabelledObject, readCoco, readYolo } from '@spatiallock/data';
import fc from 'fast-check';
import { must, targetOf } from '../target.js';
import { awkwardJson, edited, scribbled } from '../values.js';

const valid = [
  {
    images: [
      { id: 1, file_name: 'a.jpg', width: 640, height: 480, caption: 'a dog on a beach' },
      { id: 2, file_name: 'sub/b.png', width: 100, height: 300 },
    ],
    annotations: [
      {
        id: 1,
        image_id: 1,
        category_id: 7,
        bbox: [10, 20, 300.5, 200],
        area: 60100,
        iscrowd: 0,
        phrase: 'a dog',
      },
      { id: 2, image_id: 2, category_id: 9, bbox: [0, 0, 100, 300], area: 30000, iscrowd: 0 },
      {
        id: 3,
        image_id: 2,
        category_id: 9,
        bbox: [5, 5, 20, 20],
        iscrowd: 1,
        segmentation: { counts: [1, 2], size: [300, 100] },
      },
      {
        id: 4,
        image_id: 1,
        category_id: 9,
        bbox: [1, 1, 2, 2],
        iscrowd: 0,
        segmentation: [[1, 1, 3, 1, 3, 3]],
      },
    ],
    categories: [
      { id: 7, name: 'dog', supercategory: 'animal' },
      { id: 9, name: 'cat' },
    ],
    info: { year: 2017 },
    licenses: [],
  },
];

function checkObjects(objects: readonly LabelledObject[], names: readonly unknown[]): void {
  for (const { label, box } of objects) {
    must(names.includes(label), `label ${JSON.stringify(label)}`);
    must(box.length === 4 && box.every((edge) => edge >= 0 && edge <= 1), `box ${box}`);
    must(box[0] < box[2] && box[1] < box[3], `box ${box}`);
  }
}

export const coco = targetOf({
  name: 'coco',
  share: 12,
  inputs: fc.oneof(
    { weight: 4, arbitrary: edited(valid, awkwardJson, 4) },
    {
      weight: 1,
      arbitrary: scribbled(edited(valid, awkwardJson, 1).map((json) => JSON.stringify(json) ?? '')),
    },
  ),
  read(source: unknown) {
    const images = readCoco(source);
    const names: unknown[] = [];
    const json = typeof source === 'string' ? parseJson(source, 'source') : source;
    for (const entry of (json as { categories: ({ name: unknown } | null)[] }).categories) {
      names.push(String(entry?.name).trim());
    }
    for (const { fileName, width, height, objects } of images) {
      must(typeof fileName === 'string' && fileName.trim() !== '', `file ${JSON.stringify(fileName)}`);
      must(
        Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0,
        `${width} x ${height}`,
      );
      checkObjects(objects, names);
    }
  },
  names: /^(COCO data|images|annotations|categories)\b/,
});

const lines = ['0 0.5 0.5 0.2 0.3', '2 0.1 0.9 0.2 0.2', '1 .25 0.75 5e-1 0.5', '', '0 0.5 0.5 1 1'];
const labels = ['dog', 'cat', 'bird'];

export const yolo = targetOf({
  name: 'yolo',
  share: 6,
  inputs: scribbled(fc.array(fc.constantFrom(...lines), { maxLength: 5 }).map((some) => some.join('\n'))),
  read: (text: string) => checkObjects(readYolo(text, labels), labels),
  names: /^line \d+: /,
});
