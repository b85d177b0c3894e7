// Words of pictures that a model does not know.

import type { Layout } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { bareName, checkWords, wordsIn } from '@spatiallock/core/pipeline';
import type { IssueCollector } from '@spatiallock/data';
import { wordFault } from '../given.js';
import type { PictureObject } from '../pictures.js';
import { captionOf, textsOf } from './captions.js';
import { pictureField } from './checkPictures.js';
import type { DatasetOptions, DatasetPicture } from './dataset.js';

/** A picture, and how many of its objects are left out. */
export interface Shown {
  readonly picture: DatasetPicture;
  readonly leftOut: number;
}

/** Pictures that say a word the model does not know become undefined, and those of nameless things; each such word is reported once. */
export function requireWords(
  found: readonly (Shown | undefined)[],
  { words, newWords = false, pictures }: DatasetOptions,
  issues: IssueCollector,
): readonly (Shown | undefined)[] {
  const unknown = new Map<string, number[]>();
  const kept = found.map((shown, i) => {
    if (!shown || shown.picture.objects.length === 0) return shown;
    const { caption, objects } = shown.picture;
    const message =
      nameless(objects, words) ??
      (words &&
        unknownWord(
          { prompt: caption ?? captionOf(objects), objects },
          newWords ? [...words, ...textsOf({ pictures: [shown.picture] }).flatMap(wordsIn)] : words,
        ));
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
