// What is said of pictures.

import { checkList, checkObject, checkText } from '@spatiallock/core/checks';
import { nameOfOne, withArticle } from '@spatiallock/core/pipeline';
import { type LabelledImage, plainName } from '@spatiallock/data';
import { checkCaptions, checkLabelledPictures } from '../given.js';

interface LabelledPictures {
  readonly pictures: readonly (Pick<LabelledImage, 'caption' | 'objects'> &
    Partial<Pick<LabelledImage, 'fileName'>>)[];
  /** By file name; they replace captions that pictures bring along. */
  readonly captions?: ReadonlyMap<string, string>;
}

/** All that a training on these pictures may say: captions of those with boxes, phrases, and what is made of labels. */
export function textsOf(labelled: LabelledPictures): string[] {
  const given = checkObject(labelled, 'options');
  checkLabelledPictures(given.pictures, 'options.pictures', ({ fileName }, at) => {
    if (fileName !== undefined) checkText(fileName, `${at}.fileName`, 'the name of a file');
  });
  checkCaptions(given.captions, 'options.captions');
  const captions = captionsOfFiles(labelled.captions);
  const shown = labelled.pictures.filter(({ objects }) => objects.length > 0);
  return shown.flatMap(({ fileName, caption, objects }) => [
    (fileName === undefined ? undefined : captions.get(plainName(fileName))) ?? caption ?? captionOf(objects),
    ...objects.flatMap((object) => [object.phrase ?? nameOfOne(object.label), captionOf([object])]),
  ]);
}

/** Captions by file name in its plain spelling. */
export const captionsOfFiles = (
  captions: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> => new Map([...captions].map(([name, caption]) => [plainName(name), caption]));

/** The labels of all objects, each once. */
export const labelsOf = ({ pictures }: LabelledPictures): Set<string> =>
  new Set(pictures.flatMap(({ objects }) => objects.map(({ label }) => label)));

/** "a dog, a cat and an apple": one of each label, in the order of the objects; capitals and articles make no other label. */
export function captionOf(objects: readonly { readonly label: string }[]): string {
  checkList(objects, 'objects', 'objects').forEach(
    (each, i) => void checkText(checkObject(each, `objects[${i}]`).label, `objects[${i}].label`),
  );
  const said = objects.map(({ label }) => withArticle(label));
  const names = said.filter((name, i) => said.findIndex((each) => isSame(each, name)) === i);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
