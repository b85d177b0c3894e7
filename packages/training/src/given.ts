// What callers hand over, checked before anything is learnt: each error names the field at fault.

import { type Layout, parseBox } from '@spatiallock/core';
import {
  checkList,
  checkMethods,
  checkObject,
  checkObjects,
  checkText,
  messageOf,
  showValue,
} from '@spatiallock/core/checks';
import { checkWords } from '@spatiallock/core/pipeline';

/** Throws an error that begins with `path` and names the field at fault of objects { label, box }; a phrase may be left out. */
export function checkLabelledBoxes(given: unknown, path: string): void {
  checkObjects(given, path, 'objects { label, box }').forEach(({ label, phrase, box }, i) => {
    checkText(label, `${path}[${i}].label`);
    if (phrase !== undefined) checkText(phrase, `${path}[${i}].phrase`);
    parseBox(box, `${path}[${i}].box`);
  });
}

/** As `checkLabelledBoxes`, for what pictures { objects, caption } say; each field of a picture that is `also` there is checked by it. */
export function checkLabelledPictures(
  given: unknown,
  path: string,
  also: (picture: Readonly<Record<string, unknown>>, path: string) => void = () => undefined,
): void {
  checkList(given, path, 'pictures with objects').forEach((each, i) => {
    const picture = checkObject(each, `${path}[${i}]`);
    also(picture, `${path}[${i}]`);
    if (picture.caption !== undefined) checkText(picture.caption, `${path}[${i}].caption`);
    checkLabelledBoxes(picture.objects, `${path}[${i}].objects`);
  });
}

/** Pictures as `readCoco` gives them; throws an error that begins with `path` and names the field at fault. */
export function checkNamedPictures(pictures: unknown, path: string): void {
  checkLabelledPictures(pictures, path, ({ fileName }, at) => {
    checkText(fileName, `${at}.fileName`, 'the name of a file');
  });
}

/** A Map of file names to captions, or undefined. */
export function checkCaptions(captions: unknown, path: string): void {
  if (captions === undefined) return;
  if (!(captions instanceof Map))
    throw new Error(`${path}: must be a Map of file names to captions, not ${showValue(captions)}`);
  for (const [name, caption] of captions) checkText(caption, `${path}: of ${showValue(name)}`);
}

/** Layouts to rehearse; plugins read their own fields of them. */
export function checkRehearsal(given: unknown, path: string): void {
  checkObjects(given, path, 'layouts { prompt, objects }').forEach(({ prompt, objects }, i) => {
    checkText(prompt, `${path}[${i}].prompt`);
    checkObjects(objects, `${path}[${i}].objects`, 'objects { phrase, box }').forEach(
      ({ phrase, box }, k) => {
        checkText(phrase, `${path}[${i}].objects[${k}].phrase`);
        parseBox(box, `${path}[${i}].objects[${k}].box`);
      },
    );
  });
}

/** Throws, naming the layout, where one to rehearse says a word that the model does not know. */
export function checkRehearsed(layouts: readonly Layout[], words: readonly string[] | undefined): void {
  for (const [i, layout] of (words ? layouts : []).entries()) {
    try {
      checkWords(layout, words!);
    } catch (cause) {
      throw new Error(`rehearse[${i}].${messageOf(cause)}`, { cause });
    }
  }
}

/** What is wrong with words of a picture, by the names of its own fields: what is said of it is its caption, and no prompt. */
export const wordFault = (cause: unknown): string => messageOf(cause).replace(/^prompt(?=: )/, 'caption');

/** An AbortSignal, or undefined. */
export function checkSignal(given: unknown, path: string): void {
  if (given !== undefined)
    checkMethods(given, ['throwIfAborted'], path, 'an AbortSignal, as new AbortController().signal');
}
