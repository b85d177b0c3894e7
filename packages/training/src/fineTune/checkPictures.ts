// Looks at every picture of a data set before anything is trained.

import { messageOf } from '@spatiallock/core';
import {
  type DataIssueKind,
  type IssueCollector,
  type LabelledImage,
  type StoredPicture,
  shortText,
  uprightAnnotations,
} from '@spatiallock/data';
import { checkPicture, mapLimited, pictureHead } from '@spatiallock/node';
import type { BadPictures } from './badPictures.js';
import { type PictureFiles, pictureFiles } from './pictureFiles.js';

/** Files that are looked at together. */
const AT_ONCE = 8;

export interface CheckOptions {
  readonly folder: string;
  /** Whether each picture with boxes is decoded; else its head alone is read. */
  readonly decode: boolean;
  /** Pictures that are bad without a look, whatever has become of them: they were so when the training began. */
  readonly badPictures?: BadPictures;
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

/** What was found of pictures. */
export interface CheckedPictures {
  /** In their order, undefined where one is bad. */
  readonly checked: readonly (CheckedPicture | undefined)[];
  readonly badPictures: BadPictures;
}

/** Looks at each picture; `issues` is told what is wrong with it. */
export async function checkPictures(
  pictures: readonly LabelledImage[],
  options: CheckOptions,
): Promise<CheckedPictures> {
  const { folder, badPictures: known = {}, issues, signal, onProgress } = options;
  const files = pictureFiles(folder);
  let done = 0;
  const found = await mapLimited(pictures, AT_ONCE, async (picture, i) => {
    signal?.throwIfAborted();
    const before = knownFault(known, pictureField(i, picture.fileName));
    const outcome = before ?? (await looked(picture, files, options.decode));
    onProgress?.(++done, pictures.length);
    return outcome;
  });
  const badPictures: Record<string, string> = {};
  const checked = found.map((outcome, i) => {
    const { fileName } = pictures[i]!;
    const field = pictureField(i, fileName);
    const { issue } = outcome;
    if (issue) issues.add({ ...issue, field, fileName });
    if (issue && !outcome.checked) badPictures[field] = known[field] ?? issue.message;
    return outcome.checked;
  });
  return { checked, badPictures };
}

function knownFault(known: BadPictures, field: string): Outcome | undefined {
  if (!Object.hasOwn(known, field)) return undefined;
  return bad(`was left out when the training began: ${known[field]}`);
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
    const head = await pictureHead(path);
    if (decode && picture.objects.length > 0) await checkPicture(path);
    return fitted(picture, path, head);
  } catch (cause) {
    return bad(`cannot be read (${messageOf(cause)})`);
  }
}

function fitted(picture: LabelledImage, path: string, head: StoredPicture): Outcome {
  const found = uprightAnnotations(picture, head);
  if (found.picture === undefined) return bad(found.misfit);
  return {
    checked: { path, picture: found.picture },
    ...(found.turned === undefined ? {} : { issue: { kind: 'turned', message: found.turned } }),
  };
}
