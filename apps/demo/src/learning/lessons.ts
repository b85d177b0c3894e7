// Pictures to learn from, with named boxes: plain values, and what is done to them.

import { type Box, MAX_OBJECTS } from '@spatiallock/core';
import { learntWords } from '@spatiallock/core/adapters';
import { signsIn, wordsIn } from '@spatiallock/core/pipeline';
import { placeForNew } from '../canvas/geometry.js';
import type { PictureSize } from '../pictures/pictureSize.js';
import { wholePicture } from '../pictures/wholePicture.js';
import type { Picture } from '../worker/protocol.js';

export interface LessonBox {
  /** Unique in a visit. */
  readonly id: string;
  readonly box: Box;
  /** What stands in it; empty: not named yet. */
  readonly phrase: string;
}

export interface Lesson {
  /** Unique, and sorts by when the picture was added. */
  readonly id: string;
  /** The file's name, or one made of it where an earlier picture has that. */
  readonly name: string;
  /** The file's own name, where `name` is another. */
  readonly fileName?: string;
  /** What is learnt from; it may be a smaller copy. */
  readonly picture: Picture;
  /** Pixels of the file's picture, upright. */
  readonly size: PictureSize;
  /** Back to front. */
  readonly boxes: readonly LessonBox[];
}

export const MOST_LESSONS = 64;
/** Letters of a name. */
export const LONGEST_NAME = 200;

let made = 0;

/** Sorts after those that were made before. */
export const newId = (): string => `l${Date.now().toString(36)}-${String(made++).padStart(6, '0')}`;

/** Data sets write folders before names, of Windows, too. */
export const baseOf = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** The lessons, those renamed that are called as an earlier one: `a.png`, `a (2).png`. COCO data tells pictures apart by name. */
export function namedApart(lessons: readonly Lesson[]): readonly Lesson[] {
  const given = new Set(lessons.map(({ name }) => baseOf(name)));
  const taken = new Set<string>();
  return lessons.map((lesson) => {
    const { name, fileName = name } = lesson;
    if (!taken.has(baseOf(name))) {
      taken.add(baseOf(name));
      return lesson;
    }
    let free = name;
    for (let n = 2; given.has(baseOf(free)) || taken.has(baseOf(free)); n++) {
      free = fileName.replace(/(\.[^./\\]*)?$/, ` (${n})$&`);
    }
    taken.add(baseOf(free));
    return { ...lesson, name: free, fileName };
  });
}

/** What data sets call a picture: as its file, where no other here has that name. */
export function savedName(lesson: Lesson, lessons: readonly Lesson[]): string {
  const { name, fileName = name } = lesson;
  const has = (other: Lesson): boolean =>
    [other.name, other.fileName ?? other.name].some((each) => baseOf(each) === baseOf(fileName));
  return lessons.some((other) => other !== lesson && has(other)) ? name : fileName;
}

/** The lessons with one of them changed. */
export const editLesson = (
  lessons: readonly Lesson[],
  id: string,
  edit: (boxes: readonly LessonBox[]) => readonly LessonBox[],
): readonly Lesson[] =>
  lessons.map((lesson) => (lesson.id === id ? { ...lesson, boxes: edit(lesson.boxes) } : lesson));

/**
 * One more box, in front of the others, where there is room or at `place`; it is called what the box that was added last is
 * called, `named` by the caller. As it was where no more fit.
 */
export function withBox(
  boxes: readonly LessonBox[],
  { id, place, named = '' }: { readonly id: string; readonly place?: Box; readonly named?: string },
): readonly LessonBox[] {
  if (boxes.length >= MAX_OBJECTS) return boxes;
  const box = place ?? placeForNew(boxes.map((each) => each.box));
  return [...boxes, { id, box, phrase: named }];
}

/** "a hard hat" is a picture of "hard hat". */
export const labelOfName = (phrase: string): string =>
  phrase
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^(an?|the) (?=.)/i, '');

/** The lessons that have boxes: the others are left out of the learning. */
export const shownLessons = (lessons: readonly Lesson[]): readonly Lesson[] =>
  lessons.filter(({ boxes }) => boxes.length > 0);

/** Why nothing can be learnt from these yet; undefined where it can. */
export function lessonHindrance(lessons: readonly Lesson[]): string | undefined {
  if (lessons.length === 0) return 'Add pictures of what is new; twenty are a good start.';
  const shown = shownLessons(lessons);
  if (shown.length === 0) return 'Draw a box around each new thing, and name it.';
  for (const { name, boxes } of shown) {
    const at = boxes.findIndex(({ phrase }) => wordsIn(phrase).length === 0);
    if (at >= 0) return `${name}: say what stands in box ${at + 1}.`;
    const odd = boxes.findIndex(({ phrase }) => signsIn(phrase).length > 0);
    if (odd >= 0)
      return `${name}: name box ${odd + 1} in words; ${signsIn(boxes[odd]!.phrase)[0]} cannot be learnt.`;
  }
  return undefined;
}

/** The words that the model learns by these lessons, plurals of their names behind the others; none where it takes any word. */
export function newWordsOf(lessons: readonly Lesson[], known: readonly string[] | undefined): string[] {
  if (!known) return [];
  const phrases = lessons.flatMap(({ boxes }) => boxes.map(({ phrase }) => phrase));
  const { words, plurals } = learntWords(phrases, phrases.map(labelOfName), known);
  return [...new Set([...words, ...plurals.keys()])];
}

/**
 * An error of `learn` as the page says it: the picture's name in place of its number, so that `pictures[2].objects` is
 * `c.png: objects`, and nothing of a setting that the page does not have.
 */
export function namedFault(message: string, names: readonly string[]): string {
  const shown = message.replace(
    /^minBox: (.)(.*); lower it, or (.*)$/,
    (_, first: string, ...rest: string[]) => `${first.toUpperCase()}${rest[0]}; ${rest[1]}`,
  );
  return shown.replace(/^pictures\[(\d+)\](\.|: )?/, (whole, index: string) => {
    const name = names[Number(index)];
    return name === undefined ? whole : `${name}: `;
  });
}

/** Whatever was kept as a lesson, with those of its boxes that are whole; undefined where its picture is not. */
export function readLesson(value: unknown): Lesson | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, name, fileName, picture: given, size, boxes } = value as Partial<Lesson>;
  const picture = wholePicture(given);
  if (typeof id !== 'string' || !picture) return undefined;
  return {
    id,
    name: typeof name === 'string' ? name : 'picture',
    ...(typeof fileName === 'string' ? { fileName } : {}),
    picture,
    // Earlier versions kept none.
    size: readSize(size) ?? { width: picture.width, height: picture.height },
    boxes: Array.isArray(boxes) ? boxes.filter(isLessonBox) : [],
  };
}

function readSize(value: unknown): PictureSize | undefined {
  const { width, height } = (value ?? {}) as Partial<Record<keyof PictureSize, unknown>>;
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

/** COCO data takes no longer one. */
const isSide = (given: unknown): given is number =>
  Number.isInteger(given) && (given as number) > 0 && (given as number) <= 1e6;

function isLessonBox(value: unknown): value is LessonBox {
  if (typeof value !== 'object' || value === null) return false;
  const { id, phrase, box } = value as Partial<LessonBox>;
  if (typeof id !== 'string' || typeof phrase !== 'string' || !Array.isArray(box)) return false;
  const [x0, y0, x1, y1] = box as readonly number[];
  return box.length === 4 && 0 <= x0! && x0! < x1! && x1! <= 1 && 0 <= y0! && y0! < y1! && y1! <= 1;
}
