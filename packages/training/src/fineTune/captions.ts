// What is said of pictures.

import { checkList, checkObject, checkText } from '@spatiallock/core/checks';
import { nameOfOne, withArticle } from '@spatiallock/core/pipeline';
import type { LabelledImage } from '@spatiallock/data';
import { checkCaptions, checkLabelledPictures } from '../given.js';

interface LabelledPictures {
  readonly pictures: readonly Pick<LabelledImage, 'caption' | 'objects'>[];
  readonly captions?: ReadonlyMap<string, string>;
}

/** All that a training on these pictures may say: captions, phrases, and what is made of labels. */
export function textsOf(labelled: LabelledPictures): string[] {
  const given = checkObject(labelled, 'options');
  checkLabelledPictures(given.pictures, 'options.pictures');
  checkCaptions(given.captions, 'options.captions');
  const { pictures, captions = new Map() } = labelled;
  const shown = pictures.filter(({ objects }) => objects.length > 0);
  return [
    ...captions.values(),
    ...shown.flatMap(({ caption, objects }) => [
      ...(caption === undefined ? [captionOf(objects)] : [caption]),
      ...objects.flatMap((object) => [object.phrase ?? nameOfOne(object.label), captionOf([object])]),
    ]),
  ];
}

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
