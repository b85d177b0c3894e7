// Captions of a user's pictures.

import { asId } from './check.js';
import { FieldError } from './fieldError.js';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Captions by file name: from an object `{ "file.jpg": "caption" }`, or from COCO's captions format. Its image
 * ids are those of its own images, where these are among those of `coco`, else those of `coco`; of several captions for an image the first is
 * taken. Throws an error that names the field.
 */
export function readCaptions(given: unknown, coco: unknown): ReadonlyMap<string, string> {
  if (!isRecord(given)) throw new Error('must be an object: file names to captions, or COCO captions');
  if (Array.isArray(given.annotations)) return cocoCaptions(given.annotations, given, coco);
  const entries = Object.entries(given).map(([name, caption]) => [name, asCaption(caption, name)] as const);
  return new Map(entries);
}

function cocoCaptions(
  annotations: readonly unknown[],
  given: unknown,
  coco: unknown,
): ReadonlyMap<string, string> {
  const named = namedImages(coco);
  const known = new Set(named.values());
  // Other tools number the same pictures anew. Files that list none of them go by the numbers of the boxes.
  const own = namedImages(given);
  const names = [...own.values()].some((name) => known.has(name)) ? own : named;
  const captions = new Map<string, string>();
  annotations.forEach((entry: unknown, i) => {
    const field = `annotations[${i}]`;
    if (!isRecord(entry)) throw new FieldError(field, 'must be an object');
    const name = names.get(asId(entry.image_id, `${field}.image_id`));
    const caption = asCaption(entry.caption, `${field}.caption`);
    // Captions of other images, as of a larger set, are passed over.
    if (name !== undefined && known.has(name) && !captions.has(name)) captions.set(name, caption);
  });
  return captions;
}

function namedImages(coco: unknown): ReadonlyMap<string, string> {
  const images: unknown[] = isRecord(coco) && Array.isArray(coco.images) ? coco.images : [];
  return new Map(images.flatMap((image, i) => namedImage(image, `images[${i}].id`)));
}

/** Images at fault are for the reader of boxes to report. */
function namedImage(image: unknown, field: string): (readonly [id: string, fileName: string])[] {
  try {
    return isRecord(image) && typeof image.file_name === 'string'
      ? [[asId(image.id, field), image.file_name]]
      : [];
  } catch {
    return [];
  }
}

function asCaption(value: unknown, field: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new FieldError(field, 'must be a text that is not empty');
}
