// Captions of a user's pictures.

import { FieldError } from './fieldError.js';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Captions by file name: from an object `{ "file.jpg": "caption" }`, or from COCO's captions format, whose image ids
 * are those of `coco`; of several captions for an image the first is taken. Throws an error that names the field.
 */
export function readCaptions(given: unknown, coco: unknown): ReadonlyMap<string, string> {
  if (!isRecord(given)) throw new Error('must be an object: file names to captions, or COCO captions');
  if (Array.isArray(given.annotations)) return cocoCaptions(given.annotations, coco);
  const entries = Object.entries(given).map(([name, caption]) => [name, asCaption(caption, name)] as const);
  return new Map(entries);
}

function cocoCaptions(annotations: readonly unknown[], coco: unknown): ReadonlyMap<string, string> {
  const names = new Map<unknown, string>();
  const images = isRecord(coco) && Array.isArray(coco.images) ? coco.images : [];
  for (const image of images) if (isRecord(image)) names.set(image.id, String(image.file_name));
  const captions = new Map<string, string>();
  annotations.forEach((entry: unknown, i) => {
    const field = `annotations[${i}]`;
    if (!isRecord(entry)) throw new FieldError(field, 'must be an object');
    const name = names.get(entry.image_id);
    const caption = asCaption(entry.caption, `${field}.caption`);
    // Captions of other images, as of a larger set, are passed over.
    if (name !== undefined && !captions.has(name)) captions.set(name, caption);
  });
  return captions;
}

function asCaption(value: unknown, field: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new FieldError(field, 'must be a text that is not empty');
}
