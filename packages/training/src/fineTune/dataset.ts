// A user's own pictures with boxes: checked as a whole before anything is written.

import { normalize } from 'node:path';
import { type Box, MAX_OBJECTS } from '@spatiallock/core';
import {
  checkFlag,
  checkList,
  checkNumber,
  checkObject,
  checkObjects,
  checkText,
  checkWhole,
  showValue,
} from '@spatiallock/core/checks';
import { random } from '@spatiallock/core/nn';
import { nameOfOne } from '@spatiallock/core/pipeline';
import {
  type DataIssue,
  type IssueCollector,
  issueCollector,
  type LabelledImage,
  plainName,
  type ReadOptions,
} from '@spatiallock/data';
import { checkCaptions, checkNamedPictures } from '../given.js';
import type { PictureObject } from '../pictures.js';
import { shuffled } from '../shuffled.js';
import { captionsOfFiles } from './captions.js';
import { type CheckedPicture, checkPictures } from './checkPictures.js';
import { heldOutFiles } from './heldOut.js';
import { requireWords, type Shown } from './pictureWords.js';

/** A picture that was found on disk, and what it shows. */
export interface DatasetPicture {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Default one made of the objects that a view shows. */
  readonly caption?: string;
  /** Back to front, at least one. */
  readonly objects: readonly PictureObject[];
}

/** Pictures that can be trained on, and what was left out. */
export interface Dataset {
  readonly training: readonly DatasetPicture[];
  /** Pictures that are kept from training. */
  readonly validation: readonly DatasetPicture[];
  /** Pictures without boxes, which are left out. */
  readonly withoutBoxes: number;
  /** Pictures that cannot be understood, left out by `skipBad`. */
  readonly bad: number;
  /** Those among them whose file is missing, damaged or of another size, `images[3] (a.jpg)`, with what is wrong. */
  readonly badPictures: Readonly<Record<string, string>>;
  /** Objects beyond the slots of a layout, the smallest of their pictures, which are left out. */
  readonly leftOut: number;
}

/** Options of reading a data set. */
export interface DatasetOptions extends ReadOptions {
  readonly pictures: readonly LabelledImage[];
  readonly folder: string;
  /** By file name; they replace captions that pictures bring along. */
  readonly captions?: ReadonlyMap<string, string>;
  /** The words that the model knows; undefined: all. */
  readonly words?: readonly string[];
  /** Whether the pictures may say other words, which are learnt. Default false: they are bad. */
  readonly newWords?: boolean;
  /** Share of the pictures that is kept for validation, 0 up to 1; each category keeps a picture to train on. */
  readonly validation: number;
  /** Decides which. */
  readonly seed: number;
  /** What reading the annotations gave: reported and judged together with what is found here. */
  readonly issues?: readonly DataIssue[];
  /** Whether each picture is decoded once. Default true. */
  readonly decode?: boolean;
  /** The `badPictures` of a data set that was read before of the same pictures: they are bad without another look. */
  readonly badPictures?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called with the number of pictures that were checked. */
  readonly onProgress?: (done: number, count: number) => void;
}

function checkDataset(options: unknown): void {
  const given = checkObject(options, 'options');
  const { pictures, folder, captions, newWords, validation, seed, issues = [], badPictures = {} } = given;
  checkNamedPictures(pictures, 'options.pictures');
  checkText(folder, 'options.folder', 'the path of a folder');
  checkCaptions(captions, 'options.captions');
  if (newWords !== undefined) checkFlag(newWords, 'options.newWords');
  checkNumber(validation, { min: 0, max: 1 }, 'options.validation');
  checkWhole(seed, SEED, 'options.seed');
  checkList(issues, 'options.issues', 'issues');
  for (const [picture, fault] of Object.entries(checkObject(badPictures, 'options.badPictures')))
    checkText(fault, `options.badPictures: of ${showValue(picture)}`);
}

const SEED = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * Finds and checks every picture. Rejects with a DataError that lists all that cannot be understood (a missing or
 * damaged file, another size, an unknown word), unless `skipBad` leaves it out.
 */
export async function readDataset(options: DatasetOptions): Promise<Dataset> {
  checkDataset(options);
  const { pictures, validation, seed } = options;
  const issues = issueCollector(options);
  for (const issue of options.issues ?? []) issues.add(issue);
  if (pictures.length === 0) {
    issues.finish();
    throw new Error('images: there is none; add pictures with boxes');
  }
  const captions = captionsByName(options, issues);
  const looking = { ...options, decode: options.decode ?? true, issues };
  const { checked, badPictures } = await checkPictures(pictures, looking);
  const found = requireWords(
    checked.map((each) => each && shownIn(each, captions)),
    options,
    issues,
  );
  issues.finish();
  // Which pictures are held out must not depend on what is missing today.
  const order = shuffled(
    pictures.flatMap(({ objects }, i) => (objects.length > 0 ? [i] : [])),
    random(seed),
  );
  // Data sets that were joined name a file twice; none may be both learnt from and held out.
  const fileOf = (i: number): string => normalize(plainName(pictures[i]!.fileName));
  const heldFiles = heldOutFiles(
    order.map((i) => ({ file: fileOf(i), objects: pictures[i]!.objects })),
    validation,
  );
  const fit = (held: boolean) =>
    order.flatMap((i) => (heldFiles.has(fileOf(i)) === held ? (found[i]?.picture ?? []) : []));
  const training = fit(false);
  if (training.length === 0) {
    throw new Error(
      `annotations: ${order.length === 0 ? 'no image has a box; draw at least one' : 'no image is left'}`,
    );
  }
  return {
    training,
    validation: fit(true),
    withoutBoxes: pictures.filter(({ objects }, i) => objects.length === 0 && found[i]).length,
    bad: found.filter((each) => each === undefined).length,
    badPictures,
    leftOut: found.reduce((sum, each) => sum + (each?.leftOut ?? 0), 0),
  };
}

/** A file's name without folders and what follows the dot. */
const stemOf = (name: string): string => name.replace(/^.*\//, '').replace(/\.[^.]*$/, '');

/** Captions by file name in its plain spelling; those of no picture are bad. */
function captionsByName(
  { captions, pictures }: DatasetOptions,
  issues: IssueCollector,
): ReadonlyMap<string, string> {
  if (captions?.size === 0) {
    issues.add({ kind: 'bad', field: 'captions', message: 'none belongs to an image of the data' });
  }
  const names = new Set(pictures.map(({ fileName }) => plainName(fileName)));
  const byStem = new Map([...names].map((name) => [stemOf(name), name]));
  for (const name of captions?.keys() ?? []) {
    if (names.has(plainName(name))) continue;
    const alike = byStem.get(stemOf(plainName(name)));
    const advice = alike === undefined ? '' : `; the data has ${JSON.stringify(alike)}`;
    issues.add({
      kind: 'bad',
      field: 'captions',
      message: `${JSON.stringify(name)} is no file_name of an image${advice}`,
    });
  }
  return captionsOfFiles(captions);
}

function shownIn({ path, picture }: CheckedPicture, captions: ReadonlyMap<string, string>): Shown {
  const { width, height, fileName, objects } = picture;
  const kept = largestObjects(objects).map(({ label, box, phrase = nameOfOne(label) }) => ({
    label,
    box,
    phrase,
  }));
  const caption = captions.get(plainName(fileName)) ?? picture.caption;
  return { picture: { path, width, height, caption, objects: kept }, leftOut: objects.length - kept.length };
}

/** The largest objects that fit a layout, in their order. */
export function largestObjects<T extends { readonly box: Box }>(objects: readonly T[]): readonly T[] {
  checkObjects(objects, 'objects', 'objects');
  const area = ({ box: [x0, y0, x1, y1] }: T): number => (x1 - x0) * (y1 - y0);
  const kept = new Set([...objects].sort((a, b) => area(b) - area(a)).slice(0, MAX_OBJECTS));
  return objects.filter((object) => kept.has(object));
}
