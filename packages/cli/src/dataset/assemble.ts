// From pictures and their records to the files of data set formats.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type LabelledImage,
  PNG_KEYWORD,
  readPngText,
  writeCoco,
  writeDataYaml,
  writeVoc,
  writeYolo,
} from '@spatiallock/data';
import { type WebDatasetSample, writeShard } from '@spatiallock/data/webdataset';
import { jsonText, readImage } from '@spatiallock/node';
import { type OutputFile, writeFiles } from '../files.js';
import { encodePicture } from '../picture.js';
import type { DatasetRecord } from './record.js';

export const datasetFormats = ['coco', 'yolo', 'voc', 'webdataset'] as const;
export type DatasetFormat = (typeof datasetFormats)[number];

export interface AssembleOptions {
  readonly folder: string;
  readonly formats: readonly DatasetFormat[];
  readonly splits: readonly string[];
  readonly labels: readonly string[];
  readonly licence?: string;
  readonly model: string;
  readonly signal: AbortSignal;
}

/** Samples of a shard. */
const SHARD = 1000;

/** Writes the labels of all pictures that are kept or flagged, in each of the formats. */
export async function assemble(records: readonly DatasetRecord[], options: AssembleOptions): Promise<void> {
  const kept = records.filter(({ file }) => file !== undefined);
  for (const format of options.formats) {
    options.signal.throwIfAborted();
    await writers[format](kept, options);
  }
  await writeFiles([{ path: join(options.folder, 'records.jsonl'), content: lines(records) }]);
}

function* lines(records: readonly DatasetRecord[]): Generator<string> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

type Writer = (records: readonly DatasetRecord[], options: AssembleOptions) => Promise<void>;

const writers: Readonly<Record<DatasetFormat, Writer>> = { coco, yolo, voc, webdataset };

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

const labelled = ({ file, width, height, prompt, objects }: DatasetRecord): LabelledImage => ({
  fileName: nameOf(file!),
  ...{ width, height, caption: prompt },
  objects: objects.map(({ label, phrase, box }) => ({ label, phrase, box })),
});

async function coco(records: readonly DatasetRecord[], options: AssembleOptions): Promise<void> {
  const { folder, splits, labels, licence, model } = options;
  let [firstImage, firstAnnotation] = [1, 1];
  const files: OutputFile[] = [];
  for (const split of splits) {
    const own = records.filter((record) => record.split === split).map(labelled);
    const data = writeCoco(own, labels, { firstImage, firstAnnotation });
    firstImage += data.images.length;
    firstAnnotation += data.annotations.length;
    const head = {
      info: { description: `painted by ${model}`, version: '1.0' },
      licenses: licence === undefined ? [] : [{ id: 1, name: licence }],
    };
    const images = data.images.map((image) => (licence === undefined ? image : { ...image, license: 1 }));
    const content = jsonText({ ...head, ...data, images });
    files.push({ path: join(folder, 'annotations', `instances_${split}.json`), content });
  }
  await writeFiles(files);
}

async function yolo(records: readonly DatasetRecord[], options: AssembleOptions): Promise<void> {
  const { folder, splits, labels } = options;
  const files = records.map(({ id, split, objects }) => ({
    path: join(folder, 'labels', split, `${id}.txt`),
    content: writeYolo(objects, labels),
  }));
  await writeFiles([...files, { path: join(folder, 'data.yaml'), content: writeDataYaml(splits, labels) }]);
}

async function voc(
  records: readonly DatasetRecord[],
  { folder, splits, licence, model, signal }: AssembleOptions,
): Promise<void> {
  for (const record of records) {
    signal.throwIfAborted();
    const path = join(folder, record.file!);
    // What the PNG file says of its making.
    const about = readPngText(await readFile(path), PNG_KEYWORD);
    const { bytes } = await encodePicture(await readImage(path), 'jpeg', { description: about, licence });
    const image = { ...labelled(record), fileName: `${record.id}.jpg` };
    const source = { database: `painted by ${model}`, ...(licence === undefined ? {} : { image: licence }) };
    await writeFiles([
      { path: join(folder, 'JPEGImages', image.fileName), content: bytes },
      {
        path: join(folder, 'Annotations', `${record.id}.xml`),
        content: writeVoc(image, 'JPEGImages', { source }),
      },
    ]);
  }
  const lists = splits.map((split) => ({
    path: join(folder, 'ImageSets', 'Main', `${split}.txt`),
    content: records.map((record) => (record.split === split ? `${record.id}\n` : '')).join(''),
  }));
  await writeFiles(lists);
}

async function webdataset(
  records: readonly DatasetRecord[],
  { folder, splits, signal }: AssembleOptions,
): Promise<void> {
  const text = new TextEncoder();
  for (const split of splits) {
    const own = records.filter((record) => record.split === split);
    for (let first = 0; first < own.length; first += SHARD) {
      signal.throwIfAborted();
      const samples: WebDatasetSample[] = [];
      for (const record of own.slice(first, first + SHARD)) {
        const { id, prompt, file } = record;
        samples.push({
          key: id,
          files: {
            png: await readFile(join(folder, file!)),
            json: text.encode(JSON.stringify(record)),
            txt: text.encode(prompt),
          },
        });
      }
      const name = `${split}-${String(first / SHARD).padStart(6, '0')}.tar`;
      await writeFiles([{ path: join(folder, 'shards', name), content: await writeShard(samples) }]);
    }
  }
}
