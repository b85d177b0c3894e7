// What is said of pictures.

import type { LabelledImage } from '@spatiallock/data';

interface LabelledPictures {
  readonly pictures: readonly Pick<LabelledImage, 'caption' | 'objects'>[];
  readonly captions?: ReadonlyMap<string, string>;
}

/** All that a training on these pictures may say: captions, phrases, and what is made of labels. */
export function textsOf({ pictures, captions = new Map() }: LabelledPictures): string[] {
  const shown = pictures.filter(({ objects }) => objects.length > 0);
  return [
    ...captions.values(),
    ...shown.flatMap(({ caption, objects }) => [
      ...(caption === undefined ? [captionOf(objects)] : [caption]),
      ...objects.flatMap((object) => [object.phrase ?? object.label, captionOf([object])]),
    ]),
  ];
}

/** "a dog, a cat and an apple": each label once, in the order of the objects. */
export function captionOf(objects: readonly { readonly label: string }[]): string {
  const names = [...new Set(objects.map(({ label }) => label))].map(withArticle);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

const withArticle = (name: string): string => `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
