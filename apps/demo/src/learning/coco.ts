// Lessons as COCO data: boxes that were drawn elsewhere come in, those that were drawn here go out.

import { MAX_OBJECTS, messageOf } from '@spatiallock/core';
import { type CocoData, issueText, type LabelledImage, readCoco, writeCoco } from '@spatiallock/data';
import { type Lesson, type LessonBox, labelOfName, newId } from './lessons.js';

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
 * file names. Throws an error that names the field where the file is no COCO data.
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
  let [named, count] = [0, 0];
  const changed = lessons.map((lesson) => {
    const [image, other] = byName.get(baseOf(lesson.name)) ?? [];
    if (image) named++;
    if (other)
      faults.push(`${lesson.name}: is named twice; rename one of ${image!.fileName} and ${other.fileName}`);
    if (!image || other || image.objects.length === 0) return lesson;
    const fault = shapeFault(lesson, image);
    if (fault !== undefined) faults.push(fault);
    if (fault !== undefined) return lesson;
    count++;
    const more = image.objects.length - MAX_OBJECTS;
    if (more > 0) faults.push(`${lesson.name}: at most ${MAX_OBJECTS} boxes fit; ${more} are left out`);
    return { ...lesson, boxes: image.objects.slice(0, MAX_OBJECTS).map(boxOf) };
  });
  return { lessons: changed, named, count, faults };
}

const boxOf = ({ label, phrase, box }: LabelledImage['objects'][number]): LessonBox => ({
  id: newId(),
  phrase: phrase ?? label,
  box,
});

/** Data sets write folders before names, of Windows, too. */
const baseOf = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

function shapeFault({ name, picture }: Lesson, image: LabelledImage): string | undefined {
  const ratio = (picture.width * image.height) / (picture.height * image.width);
  // Small pictures are rounded to whole pixels.
  const slack = ASPECT + 1 / Math.min(picture.width, picture.height);
  if (ratio < slack && 1 / ratio < slack) return undefined;
  return `${name}: the COCO file says ${image.width} x ${image.height} pixels, and the picture has another shape; boxes would not fit`;
}

/** Lessons with boxes as COCO data; the pictures' sizes are those in which they are learnt from. */
export function cocoOfLessons(lessons: readonly Lesson[]): CocoData {
  const images = lessons.map(
    ({ name, picture: { width, height }, boxes }): LabelledImage => ({
      fileName: name,
      width,
      height,
      objects: boxes.map(({ phrase, box }) => ({ label: labelOfName(phrase) || 'unnamed', phrase, box })),
    }),
  );
  const labels = [...new Set(images.flatMap(({ objects }) => objects.map(({ label }) => label)))];
  return writeCoco(images, labels);
}

/** What is wrong with a COCO file, in one line. */
export const cocoFault = (name: string, cause: unknown): string =>
  `${name}: is no COCO data that can be read (${messageOf(cause).split('\n')[0]})`;
