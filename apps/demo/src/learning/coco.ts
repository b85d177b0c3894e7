// Lessons as COCO data: boxes that were drawn elsewhere come in, those that were drawn here go out.

import { MAX_OBJECTS, messageOf } from '@spatiallock/core';
import { type CocoData, issueText, type LabelledImage, readCoco, writeCoco } from '@spatiallock/data';
import { baseOf, type Lesson, type LessonBox, labelOfName, newId, savedName } from './lessons.js';

export interface CocoBoxes {
  readonly lessons: readonly Lesson[];
  /** Pictures that the file names. */
  readonly named: number;
  /** Pictures that got boxes. */
  readonly count: number;
  /** What was left out, one line each. */
  readonly faults: readonly string[];
}

/** How much the shape of a picture may differ from the one that the boxes were drawn on. */
const ASPECT = 1.03;

/**
 * The lessons with the boxes of a COCO file, which take the place of those that their pictures have; pictures are found by their
 * names, else by their files' names. A name that two pictures have, here or in the file, brings no boxes. Throws an error that names
 * the field where the file is no COCO data.
 */
export function withCoco(lessons: readonly Lesson[], text: string): CocoBoxes {
  const faults: string[] = [];
  const images = readCoco(text.replace(/^\uFEFF/, ''), {
    skipBad: true,
    onIssue: (issue) => faults.push(issueText(issue)),
  });
  const byName = new Map<string, LabelledImage[]>();
  for (const image of images) {
    const name = baseOf(image.fileName);
    byName.set(name, [...(byName.get(name) ?? []), image]);
  }
  const nameOf = ({ name, fileName = name }: Lesson): string | undefined =>
    [name, fileName].map(baseOf).find((each) => byName.has(each));
  const meant = new Map<string, Lesson[]>();
  for (const lesson of lessons) {
    const name = nameOf(lesson);
    if (name !== undefined) meant.set(name, [...(meant.get(name) ?? []), lesson]);
  }
  for (const [name, each] of meant) faults.push(...namesakeFaults(name, each, byName.get(name)!));
  let [named, count] = [0, 0];
  const changed = lessons.map((lesson) => {
    const name = nameOf(lesson);
    if (name === undefined) return lesson;
    named++;
    const [image, ...others] = byName.get(name)!;
    if (others.length > 0 || meant.get(name)!.length > 1 || image!.objects.length === 0) return lesson;
    const fault = shapeFault(lesson, image!);
    if (fault !== undefined) faults.push(fault);
    if (fault !== undefined) return lesson;
    count++;
    const { objects } = image!;
    const more = objects.length - MAX_OBJECTS;
    if (more > 0) faults.push(`${lesson.name}: at most ${MAX_OBJECTS} boxes fit; ${more} are left out`);
    return { ...lesson, boxes: objects.slice(0, MAX_OBJECTS).map(boxOf) };
  });
  return { lessons: changed, named, count, faults };
}

const boxOf = ({ label, phrase, box }: LabelledImage['objects'][number]): LessonBox => ({
  id: newId(),
  phrase: phrase ?? label,
  box,
});

/** Whose boxes are whose cannot be told where pictures share a name, on either side. */
function namesakeFaults(
  name: string,
  lessons: readonly Lesson[],
  images: readonly LabelledImage[],
): readonly string[] {
  if (lessons.length > 1) {
    return [
      `${name}: ${lessons.length} pictures here have this file name, and the file does not tell them apart; rename their files, and the entries in it`,
    ];
  }
  const [image, other] = images;
  return other ? [`${name}: is named twice; rename one of ${image!.fileName} and ${other.fileName}`] : [];
}

function shapeFault({ name, size }: Lesson, image: LabelledImage): string | undefined {
  const ratio = (size.width * image.height) / (size.height * image.width);
  // Small pictures are rounded to whole pixels.
  const slack = ASPECT + 1 / Math.min(size.width, size.height, image.width, image.height);
  if (ratio < slack && 1 / ratio < slack) return undefined;
  return `${name}: the COCO file says ${image.width} x ${image.height} pixels, and the picture has another shape; boxes would not fit`;
}

/** Lessons of unique names as COCO data, in pixels of the files' pictures. */
export function cocoOfLessons(lessons: readonly Lesson[]): CocoData {
  const images = lessons.map(
    (lesson): LabelledImage => ({
      fileName: savedName(lesson, lessons),
      width: lesson.size.width,
      height: lesson.size.height,
      objects: lesson.boxes.map(({ phrase, box }) => ({
        label: labelOfName(phrase) || 'unnamed',
        phrase,
        box,
      })),
    }),
  );
  const labels = [...new Set(images.flatMap(({ objects }) => objects.map(({ label }) => label)))];
  return writeCoco(images, labels);
}

/** What is wrong with a COCO file, in one line. */
export const cocoFault = (name: string, cause: unknown): string =>
  `${name}: is no COCO data that can be read (${messageOf(cause).split('\n')[0]})`;
