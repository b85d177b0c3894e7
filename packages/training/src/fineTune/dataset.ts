// A user's own pictures with boxes: checked as a whole before anything is written.

import { normalize } from 'node:path';
import { type Box, type Layout, MAX_OBJECTS } from '@spatiallock/core';
import {
  checkList,
  checkNumber,
  checkObject,
  checkObjects,
  checkText,
  checkWhole,
  showValue,
} from '@spatiallock/core/checks';
import { random } from '@spatiallock/core/nn';
import { bareName, checkWords, nameOfOne, wordsIn } from '@spatiallock/core/pipeline';
import {
  type DataIssue,
  type IssueCollector,
  issueCollector,
  type LabelledImage,
  plainName,
  type ReadOptions,
} from '@spatiallock/data';
import { checkCaptions, checkNamedPictures, wordFault } from '../given.js';
import type { PictureObject } from '../pictures.js';
import { shuffled } from '../shuffled.js';
import { captionOf } from './captions.js';
import { type CheckedPicture, checkPictures, pictureField } from './checkPictures.js';

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
  /** Share of the pictures that is kept for validation, 0 up to 1. */
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
  const { pictures, folder, captions, validation, seed, issues = [], badPictures = {} } = given;
  checkNamedPictures(pictures, 'options.pictures');
  checkText(folder, 'options.folder', 'the path of a folder');
  checkCaptions(captions, 'options.captions');
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
  const files = [...new Set(order.map(fileOf))];
  const heldFiles = new Set(files.slice(0, heldOut(files.length, validation)));
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

interface Shown {
  readonly picture: DatasetPicture;
  readonly leftOut: number;
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
  return new Map([...(captions ?? [])].map(([name, caption]) => [plainName(name), caption]));
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

/** Pictures that say a word the model does not know become undefined, and those of nameless things; each such word is reported once. */
function requireWords(
  found: readonly (Shown | undefined)[],
  { words, pictures }: DatasetOptions,
  issues: IssueCollector,
): readonly (Shown | undefined)[] {
  const unknown = new Map<string, number[]>();
  const kept = found.map((shown, i) => {
    if (!shown || shown.picture.objects.length === 0) return shown;
    const { caption, objects } = shown.picture;
    const message =
      nameless(objects, words) ??
      (words && unknownWord({ prompt: caption ?? captionOf(objects), objects }, words));
    if (message === undefined) return shown;
    unknown.set(message, [...(unknown.get(message) ?? []), i]);
    return undefined;
  });
  for (const [message, indices] of unknown) {
    const { fileName } = pictures[indices[0]!]!;
    const others = indices.length > 1 ? ` (so are ${indices.length - 1} more images)` : '';
    issues.add({
      kind: 'bad',
      field: pictureField(indices[0]!, fileName),
      message: message + others,
      fileName,
    });
  }
  return kept;
}

/** What is wrong with a category that no caption can say; models without a list of words know signs, too. */
function nameless(
  objects: readonly PictureObject[],
  words: readonly string[] | undefined,
): string | undefined {
  const found = objects.find(({ label, phrase }) => {
    const name = bareName(label);
    return name === '' || (words && wordsIn(name).length === 0 && wordsIn(phrase).length === 0);
  });
  return found && `the category ${showValue(found.label)} names nothing that can be learnt; name it in words`;
}

function unknownWord(layout: Layout, words: readonly string[]): string | undefined {
  try {
    checkWords(layout, words);
    return undefined;
  } catch (cause) {
    return wordFault(cause);
  }
}

/** At least one picture is held out where a share is asked for and two are there; one always trains. */
function heldOut(count: number, share: number): number {
  return share === 0 ? 0 : Math.max(0, Math.min(count - 1, Math.max(1, Math.round(share * count))));
}

/** The largest objects that fit a layout, in their order. */
export function largestObjects<T extends { readonly box: Box }>(objects: readonly T[]): readonly T[] {
  checkObjects(objects, 'objects', 'objects');
  const area = ({ box: [x0, y0, x1, y1] }: T): number => (x1 - x0) * (y1 - y0);
  const kept = new Set([...objects].sort((a, b) => area(b) - area(a)).slice(0, MAX_OBJECTS));
  return objects.filter((object) => kept.has(object));
}
