import { checkText } from '@spatiallock/core/checks';
import { classRows } from './classRows.js';
import { shapeRows } from './shapes.js';

/** A way to name a class: the singular with its article, the bare noun and the plural. */
export interface Noun {
  /** "an apple", "a bunch of grapes" */
  readonly one: string;
  /** "apple", "bunch of grapes" */
  readonly bare: string;
  /** "apples", "bunches of grapes" */
  readonly many: string;
}

/** One of the things that a scene can hold. */
export interface SceneClass {
  /** Position in `classes`. */
  readonly index: number;
  /** The name used in data sets and evaluations, such as "ice cream". */
  readonly label: string;
  readonly group: 'animal' | 'food' | 'person' | 'vehicle' | 'thing';
  /** File name in `@lobehub/fluent-emoji-3d/assets` without ".webp". */
  readonly asset: string;
  /** A point (of 256 x 256) in the connected part of the picture that shows the class; absent: all of it. */
  readonly part?: readonly [x: number, y: number];
  /** Names in use, the most common first. */
  readonly nouns: readonly Noun[];
  /** Adjectives that are true of this picture; colours are not among them. */
  readonly looks: readonly string[];
  /** Natural width / height of the picture. */
  readonly aspect: number;
  /** The name of the COCO class that this one shows, if any. */
  readonly coco?: string;
}

/** "a" or "an" before a word, by its first letter; "uniform"-like exceptions do not occur here. */
export const withArticle = (words: string): string =>
  `${/^[aeiou]/.test(checkText(words, 'words')) ? 'an' : 'a'} ${words}`;

function noun(text: string): Noun {
  const [bare, many] = text.trim().split('/');
  return { one: withArticle(bare), bare, many: many ?? `${bare}s` };
}

/** Labels that differ from the first noun. */
const labels: Readonly<Record<string, string>> = {
  '1f347': 'grapes',
  '1f35f': 'fries',
  '2615': 'coffee',
  '1f3bf': 'skis',
  '2702-fe0f': 'scissors',
};

const words = (list: string | undefined): string[] =>
  (list ?? '').split(',').flatMap((word) => word.trim() || []);

/** The classes, in a fixed order: `classes[i].index === i`. */
export const classes: readonly SceneClass[] = classRows.map(([group, asset, names, notes = {}], index) => {
  const { looks, ...rest } = notes;
  const nouns = words(names).map(noun);
  const label = labels[asset] ?? nouns[0].bare;
  // A new class has no shape until `npm run scenes:shapes` has measured it.
  const aspect = shapeRows[index]?.[0] ?? 1;
  return { index, label, group, asset, nouns, looks: words(looks), aspect, ...rest };
});

/** The labels in the order of `classes`. */
export const classLabels: readonly string[] = classes.map((entry) => entry.label);

/** Finds a class by its label; throws an error that lists the labels when there is none. */
export function classOf(label: string): SceneClass {
  const found = classes.find((entry) => entry.label === label);
  if (!found)
    throw new Error(`label: "${label}" is not a class of the scenes; use one of ${classLabels.join(', ')}`);
  return found;
}
