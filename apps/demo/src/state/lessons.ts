// The pictures to learn from, which of them is on the stage, and what can be done to them.

import { computed, signal } from '@preact/signals';
import { type Box, MAX_OBJECTS, messageOf } from '@spatiallock/core';
import { cocoFault, cocoOfLessons, withCoco } from '../learning/coco.js';
import {
  editLesson,
  type Lesson,
  type LessonBox,
  MOST_LESSONS,
  namedApart,
  newId,
  savedName,
  withBox,
} from '../learning/lessons.js';
import { downloadJson, readScaled } from '../pictures/paint.js';
import { changed, historyOf, redone, settled, undone } from './history.js';
import { keepLessons } from './keptLearning.js';
import { announce, say } from './notices.js';
import { MOST_COCO_BYTES } from './toLessons.js';

/** Pixels of a picture's longer side: views of it are cut out while learning. */
const SIDE = 256;

const history = signal(historyOf<readonly Lesson[]>([]));

export const lessons = computed(() => history.value.present);
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
/** The picture on the stage. */
export const chosenId = signal<string | undefined>(undefined);
export const chosen = computed(
  (): Lesson | undefined => lessons.value.find(({ id }) => id === chosenId.value) ?? lessons.value[0],
);
/** The box whose handles are shown. */
export const chosenBox = signal<string | undefined>(undefined);
/** The box whose name asks for the keyboard's focus. */
export const naming = signal<string | undefined>(undefined);
/** What was left out of the files that were added last, one line each. */
export const faults = signal<readonly string[]>([]);
/** Files that are being read, of how many. */
export const reading = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);

/** Changes of one key in a row are undone together. */
function change(next: readonly Lesson[], key?: string): void {
  history.value = changed(history.value, next, key);
}

/** Pictures of an earlier visit, before those of this one; no step that can be undone. */
export function restoreLessons(earlier: readonly Lesson[]): void {
  const all = namedApart([...earlier, ...lessons.value]);
  history.value = historyOf(all.slice(0, MOST_LESSONS));
  tellOfRest(all.slice(MOST_LESSONS));
}

let restoring: Promise<void> | undefined;

/** Brings back the pictures of earlier visits, once, and keeps all from then on. Resolves when they are there, or after two seconds. Never rejects. */
export function restoreOnce(): Promise<void> {
  restoring ??= keepLessons(restoreLessons, lessons);
  return restoring;
}

export const settle = (): void => {
  history.value = settled(history.value);
};
export const undo = (): void => {
  history.value = undone(history.value);
};
export const redo = (): void => {
  history.value = redone(history.value);
};

const isCoco = ({ name, type }: File): boolean => /\.json$/i.test(name) || type === 'application/json';

/** Adds pictures, and then the boxes of COCO files; what cannot be used is listed in `faults`. Never rejects. */
export async function addFiles(files: readonly File[]): Promise<void> {
  // COCO data may name those of an earlier visit.
  await restoreOnce();
  if (reading.value) {
    say('info', 'Pictures are still being read; add these afterwards.');
    return;
  }
  faults.value = [];
  const pictures = files.filter((file) => !isCoco(file));
  const room = Math.max(0, MOST_LESSONS - lessons.value.length);
  const taken = pictures.slice(0, room);
  let added = 0;
  for (const [i, file] of taken.entries()) {
    reading.value = { done: i, total: taken.length };
    if (await addPicture(file)) added++;
  }
  for (const file of files.filter(isCoco)) await addCoco(file);
  reading.value = undefined;
  settle();
  tellOfRest(pictures.slice(room));
  if (added > 0) announce(`${added} ${added === 1 ? 'picture' : 'pictures'} added`);
}

/** Says which pictures found no room. */
function tellOfRest([first, ...more]: readonly { readonly name: string }[]): void {
  if (!first) return;
  const were = more.length === 0 ? 'was' : 'were';
  fault(
    `At most ${MOST_LESSONS} pictures fit: ${more.length + 1} ${were} left out, beginning with ${first.name}`,
  );
}

const fault = (line: string): void => {
  faults.value = [...faults.value, line];
};

async function addPicture(file: File): Promise<boolean> {
  try {
    const { picture, size } = await readScaled(file, SIDE);
    const lesson: Lesson = { id: newId(), name: file.name, picture, size, boxes: [] };
    change(namedApart([...lessons.value, lesson]), 'files');
    return true;
  } catch (cause) {
    fault(`${file.name}: ${messageOf(cause)}`);
    return false;
  }
}

async function addCoco(file: File): Promise<void> {
  if (file.size > MOST_COCO_BYTES) {
    fault(`${file.name}: is larger than 64 MiB; give a file that names these pictures alone`);
    return;
  }
  try {
    const text = await file.text();
    // As they are now: pictures and boxes may have changed while it was read.
    const read = withCoco(lessons.value, text);
    if (read.count > 0) change(read.lessons);
    faults.value = [...faults.value, ...read.faults.map((line) => `${file.name}: ${line}`)];
    if (read.named === 0) fault(`${file.name}: names none of the pictures here; add the pictures first`);
    else if (read.count > 0)
      say(
        'info',
        `${read.count} ${read.count === 1 ? 'picture has' : 'pictures have'} boxes of ${file.name}.`,
      );
  } catch (cause) {
    fault(cocoFault(file.name, cause));
  }
}

/** Offers the boxes as COCO data; says which files must be renamed to be found by it. */
export function saveCoco(): void {
  downloadJson('boxes.json', cocoOfLessons(lessons.value));
  const all = lessons.value;
  const [first, ...more] = all.filter(
    (each) => each.fileName !== undefined && savedName(each, all) !== each.fileName,
  );
  if (!first) return;
  const others = more.length > 0 ? `, and ${more.length} more have other names` : '';
  say('info', `In boxes.json one ${first.fileName} is called ${first.name}${others}: rename the files so.`);
}

export function removeLesson(id: string): void {
  const at = lessons.value.findIndex((lesson) => lesson.id === id);
  const next = lessons.value.filter((lesson) => lesson.id !== id);
  if (chosen.value?.id === id) chosenId.value = next[Math.min(at, next.length - 1)]?.id;
  change(next);
}

const edit = (
  lesson: string,
  with_: (boxes: readonly LessonBox[]) => readonly LessonBox[],
  key?: string,
): void => change(editLesson(lessons.value, lesson, with_), key);

export const isFull = ({ boxes }: Lesson): boolean => boxes.length >= MAX_OBJECTS;

/** One more box on a picture, named as the one before; says so where no more fit. Its name gets the focus. */
export function addBox(lesson: string, place?: Box): void {
  const given = lessons.value.find(({ id }) => id === lesson);
  if (!given) return;
  if (isFull(given)) {
    say('info', `At most ${MAX_OBJECTS} boxes fit in a picture.`);
    return;
  }
  const id = newId();
  edit(lesson, (boxes) => withBox(boxes, { id, ...(place ? { place } : {}), named: lastName(given) }));
  chosenBox.value = id;
  naming.value = id;
}

/** What the box before is called: of this picture, else of the nearest one before it. */
function lastName(lesson: Lesson): string {
  const at = lessons.value.indexOf(lesson);
  return (
    lessons.value
      .slice(0, at + 1)
      .flatMap(({ boxes }) => boxes)
      .at(-1)?.phrase ?? ''
  );
}

/** Of a box that is there. */
export function placeBox(lesson: string, id: string, box: Box, key: string): void {
  if (!boxOf(lesson, id)) return;
  edit(lesson, (boxes) => boxes.map((each) => (each.id === id ? { ...each, box } : each)), `${key} ${id}`);
}

export const boxOf = (lesson: string, id: string): LessonBox | undefined =>
  lessons.value.find((each) => each.id === lesson)?.boxes.find((each) => each.id === id);

export const nameBox = (lesson: string, id: string, phrase: string): void =>
  edit(lesson, (boxes) => boxes.map((each) => (each.id === id ? { ...each, phrase } : each)), `name ${id}`);

export const removeBox = (lesson: string, id: string): void =>
  edit(lesson, (boxes) => boxes.filter((each) => each.id !== id));

/** Names that were given so far, each once. */
export const names = computed((): readonly string[] => [
  ...new Set(
    lessons.value
      .flatMap(({ boxes }) => boxes)
      .map(({ phrase }) => phrase.trim())
      .filter(Boolean),
  ),
]);
