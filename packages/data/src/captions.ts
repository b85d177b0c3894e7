// Captions of a user's pictures.

import { checkText } from '@spatiallock/core/checks';
import { asId } from './check.js';
import { fileNameOf } from './cocoFileName.js';
import { FieldError } from './fieldError.js';
import { checkReadOptions, type IssueCollector, issueCollector, type ReadOptions } from './issues.js';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A file name in the form that all spellings of it share: `/` between folders, letters composed. */
export function plainName(fileName: string): string {
  checkText(fileName, 'fileName', 'the name of a file');
  return fileName.replaceAll('\\', '/').normalize('NFC');
}

/**
 * Captions by file name, as `coco` spells it: from an object `{ "file.jpg": "caption" }`, or from COCO's captions format. Its image
 * ids are those of its own images, where these are among those of `coco`, else those of `coco`; of several captions for an image the first is
 * taken. Throws a DataError that lists all that cannot be understood, unless `skipBad` leaves it out.
 */
export function readCaptions(
  given: unknown,
  coco: unknown,
  options: ReadOptions = {},
): ReadonlyMap<string, string> {
  checkReadOptions(options);
  if (!isRecord(given)) throw new Error('must be an object: file names to captions, or COCO captions');
  const issues = issueCollector(options);
  const captions = Array.isArray(given.annotations)
    ? cocoCaptions(given.annotations, { given, coco, issues })
    : new Map(
        Object.entries(given).flatMap(([name, caption]) =>
          understood(issues, () => [[name, asCaption(caption, name)] as const]),
        ),
      );
  issues.finish();
  return captions;
}

/** What `read` gives; what it does not understand is an issue, and nothing. */
function understood<T>(issues: IssueCollector, read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    issues.add({ kind: 'bad', ...error.issue });
    return [];
  }
}

function cocoCaptions(
  annotations: readonly unknown[],
  {
    given,
    coco,
    issues,
  }: { readonly given: unknown; readonly coco: unknown; readonly issues: IssueCollector },
): ReadonlyMap<string, string> {
  const named = namedImages(coco);
  const known = new Map([...named.values()].map((name) => [plainName(name), name]));
  // Other tools number the same pictures anew. Files that list none of them go by the numbers of the boxes.
  const own = namedImages(given);
  const names = [...own.values()].some((name) => known.has(plainName(name))) ? own : named;
  const captions = new Map<string, string>();
  for (const [i, entry] of annotations.entries()) {
    const [read] = understood(issues, () => [captionIn(entry, `annotations[${i}]`)]);
    const given = read && names.get(read.image);
    const name = given === undefined ? undefined : known.get(plainName(given));
    // Captions of other images, as of a larger set, are passed over.
    if (name !== undefined && !captions.has(name)) captions.set(name, read!.caption);
  }
  return captions;
}

function captionIn(entry: unknown, field: string): { readonly image: string; readonly caption: string } {
  if (!isRecord(entry)) throw new FieldError(field, 'must be an object');
  return {
    image: asId(entry.image_id, `${field}.image_id`),
    caption: asCaption(entry.caption, `${field}.caption`),
  };
}

function namedImages(coco: unknown): ReadonlyMap<string, string> {
  const images: unknown[] = isRecord(coco) && Array.isArray(coco.images) ? coco.images : [];
  return new Map(images.flatMap((image, i) => namedImage(image, `images[${i}]`)));
}

/** Images at fault are for the reader of boxes to report. */
function namedImage(image: unknown, field: string): (readonly [id: string, fileName: string])[] {
  try {
    return isRecord(image) ? [[asId(image.id, `${field}.id`), fileNameOf(image, field)]] : [];
  } catch {
    return [];
  }
}

function asCaption(value: unknown, field: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new FieldError(field, 'must be a text that is not empty');
}
