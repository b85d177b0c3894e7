// The training-free judge: it knows the art of the scenes, and looks for it in pictures.

import type { Box } from '@spatiallock/core';
import { checkFunction, checkList, checkObject, checkObjects, checkWhole } from '@spatiallock/core/checks';
import type { Art } from '../art.js';
import { backgroundNames } from '../backgrounds.js';
import { checkArt } from '../checkArt.js';
import { type ColourWord, checkPixels, colours, type Pixels } from '../colours/rule.js';
import { type Asked, type JudgedObject, judgeObjects, levelsOf } from './objects.js';
import { type Picture, pyramid } from './picture.js';
import { type Backgrounds, learnPlaces, placeOf } from './places.js';
import { findNamed, findUnasked, type Sighting } from './search.js';
import { templatesOf } from './templates.js';

/** An object as a layout asks for it. */
export interface AskedObject {
  /** A label of the art. */
  readonly label: string;
  readonly colour?: ColourWord;
  /** Corners in 0..1. */
  readonly box: Box;
}

/** What the judge sees in a picture. */
export interface JudgedPicture {
  /** In the order of the objects asked for. */
  readonly objects: readonly JudgedObject[];
  /** The background that the picture shows. */
  readonly background: string;
  /** Objects that nobody asked for. */
  readonly unasked: readonly Sighting[];
  /** The mean colour of what is not an object, RGB in 0..255. */
  readonly tone: readonly [number, number, number];
}

/** Finds the art of the scenes in pictures. */
export interface Judge {
  /** Judges a picture by the objects asked for, back to front. Throws on unknown labels and boxes out of range. */
  judge(image: Pixels, objects: readonly AskedObject[]): JudgedPicture;
  /** For each object that a caption names: where it is found, anywhere in the picture, or undefined. */
  find(image: Pixels, named: readonly Omit<AskedObject, 'box'>[]): (Sighting | undefined)[];
}

/** Options of `fitJudge`. */
export interface JudgeOptions {
  /** Painted examples of each background; default 120. */
  readonly examples?: number;
  /** The backgrounds that are distinguished; default those of these scenes. */
  readonly places?: Backgrounds;
}

function indexOf(
  { sprites }: Art,
  { label, colour }: Omit<AskedObject, 'box'>,
  path: string,
): { index: number; colour?: ColourWord } {
  const index = sprites.findIndex((sprite) => sprite.label === label);
  if (index < 0) {
    const known = sprites.map((sprite) => sprite.label).join(', ');
    throw new Error(`${path}.label: "${label}" is not in the art; use one of ${known}`);
  }
  if (colour && !colours.includes(colour))
    throw new Error(`${path}.colour: "${colour}" is unknown; use one of ${colours.join(', ')}`);
  return { index, ...(colour ? { colour } : {}) };
}

function asAsked(art: Art, object: AskedObject, k: number): Asked {
  checkList(object.box, `objects[${k}].box`, 'four corners');
  const [x0, y0, x1, y1] = object.box;
  if (!(x0 >= 0 && y0 >= 0 && x1 <= 1 && y1 <= 1 && x0 < x1 && y0 < y1))
    throw new Error(
      `objects[${k}].box: [${object.box.join(', ')}] must be [x0, y0, x1, y1] in 0..1 with x0 < x1 and y0 < y1`,
    );
  return { ...indexOf(art, object, `objects[${k}]`), box: object.box };
}

/** Whole pictures are searched at this side. */
const SEARCHED = 128;

const searched = (pictures: readonly Picture[]): readonly Picture[] => {
  const small = pictures.filter(({ width, height }) => Math.max(width, height) <= SEARCHED);
  return small.length > 0 ? small : pictures.slice(-1);
};

function meanOf({ data }: Picture): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 3] += data[i];
  return [sums[0], sums[1], sums[2]].map((sum) => (3 * sum) / data.length) as [number, number, number];
}

function checkOptions({ examples, places }: JudgeOptions): void {
  if (examples !== undefined) checkWhole(examples, { min: 1, max: 100_000 }, 'options.examples');
  if (places === undefined) return;
  const { length } = checkList(checkObject(places, 'options.places').names, 'options.places.names', 'names');
  checkFunction(places.paint, 'options.places.paint');
  if (length === 0) throw new Error('options.places.names: is empty; name at least one background');
}

/** Prepares the judge: about two seconds, once. Nothing is learned from pictures of a generator. */
export function fitJudge(art: Art, options: JudgeOptions = {}): Judge {
  checkArt(art);
  checkOptions(checkObject(options, 'options'));
  const { examples = 120, places: backgrounds } = options;
  const templates = templatesOf(art);
  const places = learnPlaces(examples, backgrounds);
  return {
    judge(image, objects) {
      checkPixels(image, 'image');
      checkObjects(objects, 'objects', 'objects');
      const asked = objects.map((object, k) => asAsked(art, object, k));
      const pictures = pyramid(image);
      const levels = levelsOf(
        pictures,
        asked.map(({ box }) => box),
      );
      const judged = judgeObjects(art, templates, image, levels, asked);
      const poses = judged.map(({ pose }) => pose);
      return {
        objects: judged,
        background: placeOf(
          places,
          pictures,
          poses.map(({ box }) => box),
        ),
        unasked: findUnasked(art, searched(pictures), templates, poses),
        tone: meanOf(levels[levels.length - 1].backdrop),
      };
    },
    find(image, named) {
      checkPixels(image, 'image');
      checkObjects(named, 'named', 'objects');
      const asked = named.map((object, k) => indexOf(art, object, `named[${k}]`));
      return findNamed(art, searched(pyramid(image)), templates, asked);
    },
  };
}

/** True when the picture shows the background; throws on an unknown name. */
export function isBackground(judged: JudgedPicture, name: string): boolean {
  checkObject(judged, 'judged');
  if (!backgroundNames.includes(name))
    throw new Error(`background: "${name}" is unknown; use one of ${backgroundNames.join(', ')}`);
  return judged.background === name;
}
