// A user's own pictures with boxes: checked as a whole before anything is written.

import { isAbsolute, join, normalize, sep } from 'node:path';
import {
  type Box,
  checkWords,
  type Layout,
  MAX_OBJECTS,
  messageOf,
  random,
  showValue,
} from '@spatiallock/core';
import { imageSize } from '@spatiallock/node';
import type { PictureObject } from '../pictures.js';

/** A labelled picture, as `readCoco` of `@spatiallock/scenes` gives it. */
export interface LabelledPicture {
  /** Relative to the folder of pictures. */
  readonly fileName: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  readonly objects: readonly {
    readonly label: string;
    /** Corners in 0..1. */
    readonly box: Box;
    /** Default the label. */
    readonly phrase?: string;
  }[];
}

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

export interface Dataset {
  readonly training: readonly DatasetPicture[];
  /** Pictures that are kept from training. */
  readonly validation: readonly DatasetPicture[];
  /** Pictures without boxes, which are left out. */
  readonly withoutBoxes: number;
  /** Objects beyond the slots of a layout, the smallest of their pictures, which are left out. */
  readonly leftOut: number;
}

export interface DatasetOptions {
  readonly pictures: readonly LabelledPicture[];
  readonly folder: string;
  /** By file name; they replace captions that pictures bring along. */
  readonly captions?: ReadonlyMap<string, string>;
  /** The words that the model knows; undefined: all. */
  readonly words?: readonly string[];
  /** Share of the pictures that is kept for validation, 0 up to 1. */
  readonly validation: number;
  /** Decides which. */
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** Finds and checks every picture; rejects with an error that names the picture and the mend. */
export async function readDataset(options: DatasetOptions): Promise<Dataset> {
  const { pictures, captions, words, validation, seed, signal } = options;
  if (pictures.length === 0) throw new Error('images: there is none; add pictures with boxes');
  const stray = captions && [...captions.keys()].find((name) => !pictures.some((p) => p.fileName === name));
  if (stray !== undefined) throw new Error(`captions: ${showValue(stray)} is no file_name of an image`);
  const found: DatasetPicture[] = [];
  let leftOut = 0;
  for (const [i, picture] of pictures.entries()) {
    signal?.throwIfAborted();
    const field = `images[${i}] (${picture.fileName})`;
    const path = await requirePicture(picture, options.folder, field);
    if (picture.objects.length === 0) continue;
    const objects = largest(picture.objects).map(({ label, box, phrase = label }) => ({
      label,
      box,
      phrase,
    }));
    leftOut += picture.objects.length - objects.length;
    const caption = captions?.get(picture.fileName) ?? picture.caption;
    if (words) requireWords({ prompt: caption ?? captionOf(objects), objects }, words, field);
    found.push({ path, width: picture.width, height: picture.height, caption, objects });
  }
  if (found.length === 0) throw new Error('annotations: no image has a box; draw at least one');
  const held = heldOut(found.length, validation);
  const order = shuffled(found, seed);
  return {
    training: order.slice(held),
    validation: order.slice(0, held),
    withoutBoxes: pictures.length - found.length,
    leftOut,
  };
}

/** At least one picture is held out where a share is asked for and two are there; one always trains. */
function heldOut(count: number, share: number): number {
  return share === 0 ? 0 : Math.min(count - 1, Math.max(1, Math.round(share * count)));
}

async function requirePicture(picture: LabelledPicture, folder: string, field: string): Promise<string> {
  const inside = normalize(picture.fileName);
  if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) {
    throw new Error(`${field}: leads out of the folder of pictures`);
  }
  const path = join(folder, inside);
  const { width, height } = await imageSize(path).catch((cause) => {
    throw new Error(`${field}: cannot be read (${messageOf(cause)})`, {
      cause,
    });
  });
  if (width !== picture.width || height !== picture.height) {
    const [told, is] = [`${picture.width} x ${picture.height}`, `${width} x ${height}`];
    throw new Error(`${field}: the annotations say ${told} pixels, the file has ${is}; boxes would not fit`);
  }
  return path;
}

function requireWords(layout: Layout, words: readonly string[], field: string): void {
  try {
    checkWords(layout, words);
  } catch (cause) {
    throw new Error(`${field}: ${messageOf(cause)}`, { cause });
  }
}

/** The largest objects that fit a layout, in their order. */
function largest<T extends { readonly box: Box }>(objects: readonly T[]): readonly T[] {
  const area = ({ box: [x0, y0, x1, y1] }: T): number => (x1 - x0) * (y1 - y0);
  const kept = new Set([...objects].sort((a, b) => area(b) - area(a)).slice(0, MAX_OBJECTS));
  return objects.filter((object) => kept.has(object));
}

/** "a dog, a cat and an apple": each label once, in the order of the objects. */
export function captionOf(objects: readonly { readonly label: string }[]): string {
  const names = [...new Set(objects.map(({ label }) => label))].map(withArticle);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

const withArticle = (name: string): string => `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const rng = random(seed);
  const rest = [...items];
  return items.map(() => rest.splice(rng.int(rest.length), 1)[0]!);
}
