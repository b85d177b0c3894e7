// Looks at every picture of a data set before anything is trained.

import { messageOf } from '@spatiallock/core';
import { type DataIssueKind, type IssueCollector, type LabelledImage, shortText } from '@spatiallock/data';
import { checkPicture, mapLimited, pictureHead } from '@spatiallock/node';
import { type PictureFiles, pictureFiles } from './pictureFiles.js';
import { isTurned, turnedBox } from './turned.js';

/** Files that are looked at together. */
const AT_ONCE = 8;

export interface CheckOptions {
  readonly folder: string;
  /** Whether each picture with boxes is decoded; else its head alone is read. */
  readonly decode: boolean;
  readonly issues: IssueCollector;
  readonly signal?: AbortSignal;
  /** Called with the number of pictures that were checked. */
  readonly onProgress?: (done: number, count: number) => void;
}

/** A picture that is fit for training: where it is, and its annotations for the upright picture. */
export interface CheckedPicture {
  readonly path: string;
  readonly picture: LabelledImage;
}

/** What was found for each picture, undefined where it is bad; `issues` has the reason. */
export async function checkPictures(
  pictures: readonly LabelledImage[],
  options: CheckOptions,
): Promise<(CheckedPicture | undefined)[]> {
  const { folder, issues, signal, onProgress } = options;
  const files = pictureFiles(folder);
  let done = 0;
  const found = await mapLimited(pictures, AT_ONCE, async (picture) => {
    signal?.throwIfAborted();
    const outcome = await looked(picture, files, options.decode);
    onProgress?.(++done, pictures.length);
    return outcome;
  });
  return found.map(({ checked, issue }, i) => {
    const { fileName } = pictures[i]!;
    if (issue) issues.add({ ...issue, field: pictureField(i, fileName), fileName });
    return checked;
  });
}

/** `images[3] (a.jpg)`. */
export const pictureField = (index: number, fileName: string): string =>
  `images[${index}] (${shortText(fileName)})`;

interface Outcome {
  readonly checked?: CheckedPicture;
  readonly issue?: { readonly kind: DataIssueKind; readonly message: string };
}

const bad = (message: string): Outcome => ({ issue: { kind: 'bad', message } });

async function looked(picture: LabelledImage, files: PictureFiles, decode: boolean): Promise<Outcome> {
  let path: string;
  try {
    path = await files.find(picture.fileName);
  } catch (cause) {
    return bad(messageOf(cause));
  }
  try {
    const { upright, orientation } = await pictureHead(path);
    if (decode && picture.objects.length > 0) await checkPicture(path);
    return fitted(picture, path, upright, orientation);
  } catch (cause) {
    return bad(`cannot be read (${messageOf(cause)})`);
  }
}

function fitted(
  picture: LabelledImage,
  path: string,
  { width, height }: { readonly width: number; readonly height: number },
  orientation: number,
): Outcome {
  if (width === picture.width && height === picture.height) return { checked: { path, picture } };
  const [annotated, is] = [`${picture.width} x ${picture.height}`, `${width} x ${height}`];
  if (width !== picture.height || height !== picture.width || !isTurned(orientation)) {
    return bad(`the annotations say ${annotated} pixels, the file has ${is}; boxes would not fit`);
  }
  const objects = picture.objects.map((object) => ({ ...object, box: turnedBox(object.box, orientation) }));
  const message = `the annotations are of ${annotated} pixels, EXIF turns the picture to ${is}; boxes are turned with it`;
  return {
    checked: { path, picture: { ...picture, width, height, objects } },
    issue: { kind: 'turned', message },
  };
}
