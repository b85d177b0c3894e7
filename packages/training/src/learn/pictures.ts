// Pictures in memory: checked, and seen in parts at random.

import { MAX_OBJECTS, type RgbImage } from '@spatiallock/core';
import { checkObject, checkText, checkWhole, showValue } from '@spatiallock/core/checks';
import { bareName, checkWords, MOST_SIDE } from '@spatiallock/core/pipeline';
import { captionOf } from '../fineTune/captions.js';
import type { Parts } from '../fineTune/parts.js';
import { randomView } from '../fineTune/views.js';
import { checkLabelledPictures, wordFault } from '../given.js';
import type { DrawPictures, PictureObject } from '../pictures.js';
import { cropped } from './crop.js';

/** A picture in memory, and what it shows. */
export interface LearnPicture {
  readonly image: RgbImage;
  /** Default: made of the labels. */
  readonly caption?: string;
  /** Back to front, at least one and 30 at most. */
  readonly objects: readonly PictureObject[];
}

/** Throws an error that names the picture and the field at fault. */
export function checkPictures(pictures: readonly LearnPicture[]): void {
  checkLabelledPictures(pictures, 'pictures', ({ image }, at) => checkImage(image, `${at}.image`));
  if (pictures.length === 0) throw new Error('pictures: there is none; add some with boxes');
  for (const [i, { objects }] of pictures.entries()) {
    const at = `pictures[${i}].objects`;
    if (objects.length === 0) throw new Error(`${at}: is empty; draw a box, or leave the picture out`);
    if (objects.length > MAX_OBJECTS)
      throw new Error(`${at}: ${objects.length} are too many; at most ${MAX_OBJECTS} fit`);
    for (const [k, { label, phrase }] of objects.entries()) {
      checkText(phrase, `${at}[${k}].phrase`);
      if (bareName(label) === '')
        throw new Error(`${at}[${k}].label: names nothing; say what stands in the box`);
    }
  }
}

function checkImage(given: unknown, path: string): void {
  const { width, height, data } = checkObject(given, path);
  const sides = { min: 1, max: MOST_SIDE };
  const bytes = 3 * checkWhole(width, sides, `${path}.width`) * checkWhole(height, sides, `${path}.height`);
  if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array))
    throw new Error(`${path}.data: must be a Uint8ClampedArray, not ${showValue(data)}`);
  if (data.length === bytes) return;
  throw new Error(
    `${path}: ${data.length} bytes do not make ${Number(width)} x ${Number(height)} pixels of three`,
  );
}

/** Phrases without any word are refused; those of new words are known by now. */
export function checkPhrases(pictures: readonly LearnPicture[], words: readonly string[] | undefined): void {
  if (!words) return;
  for (const [i, { caption, objects }] of pictures.entries()) {
    try {
      checkWords({ prompt: caption ?? captionOf(objects), objects }, words);
    } catch (cause) {
      throw new Error(`pictures[${i}].${wordFault(cause)}`, { cause });
    }
  }
}

/** Random parts of random pictures. */
export function randomPictures(
  pictures: readonly LearnPicture[],
  { encoder, view }: Pick<Parts, 'encoder' | 'view'>,
): DrawPictures {
  return async (count, rng) => {
    const drawn = Array.from({ length: count }, () => {
      const picture = pictures[rng.int(pictures.length)]!;
      const { width, height } = picture.image;
      return { picture, ...randomView({ ...picture, width, height }, rng, view) };
    });
    const latents = await encoder.encode(drawn.map(({ picture, crop }) => cropped(picture.image, crop)));
    return drawn.map(({ picture, objects }, row) => ({
      latents: latents[row]!,
      caption: picture.caption ?? captionOf(objects),
      objects,
    }));
  };
}
