// The layout that a picture, or the record of one, says it was made from.

import { extname } from 'node:path';
import type { LayoutFields } from '@spatiallock/core';
import { isJsonObject, type JsonObject, parseJsonObject } from '@spatiallock/core/io';
import { isPng, PNG_KEYWORD, readPngText } from '@spatiallock/data';

/** Whether a file's name says that it is a picture, which holds its layout if `generate` or the demo made it. */
export const isPicture = (file: string): boolean => extname(file).toLowerCase() === '.png';

/** What a PNG file says of its layout and seed, with fields of plugins. Throws an error where it says nothing. */
export function layoutOfPicture(bytes: Uint8Array, known: readonly LayoutFields[]): unknown {
  if (!isPng(bytes)) throw new Error('is no PNG file, as its name says');
  const text = readPngText(bytes, PNG_KEYWORD);
  if (text === undefined) {
    throw new Error(
      'is a picture that does not say its layout; give one that generate or the demo saved as PNG, or a file of JSON',
    );
  }
  return picked(parseJsonObject(text, 'its text'), known, ['seed']);
}

/** Whether a value is the record of a picture, which `generate` writes beside it. */
export const isPictureRecord = (json: unknown): json is JsonObject =>
  isJsonObject(json) && typeof json.picture === 'string';

/** What a picture's record says of its layout, with fields of plugins; anything else as it is. */
export function layoutOfRecord(json: unknown, known: readonly LayoutFields[]): unknown {
  return isPictureRecord(json) ? picked(json, known) : json;
}

/** The fields of a layout, without what a detector saw of its objects. */
function picked(json: JsonObject, known: readonly LayoutFields[], more: readonly string[] = []): unknown {
  if (!Array.isArray(json.objects)) return json;
  const names = [
    ...['prompt', 'negativePrompt', 'negativeObjects', 'width', 'height', ...more],
    ...known.flatMap(({ layout = {}, lists = [] }) => [...Object.keys(layout), ...lists]),
  ];
  const own = (object: unknown) => {
    if (!isJsonObject(object)) return object;
    const { detector: _, ...asked } = object;
    return asked;
  };
  return {
    ...Object.fromEntries(names.flatMap((name) => (json[name] === undefined ? [] : [[name, json[name]]]))),
    objects: json.objects.map(own),
  };
}
