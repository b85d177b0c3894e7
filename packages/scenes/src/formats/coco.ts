import { messageOf, showValue } from '@spatiallock/core';
import { classLabels } from '../classes.js';
import { addUnique, asFields, asInteger, asList, asNumber, asText, type Fields } from './check.js';
import { boxFromPixels, type LabelledImage, type LabelledObject } from './labelled.js';

/** The parts of COCO's instances format that boxes need, with two optional extras: `caption` and `phrase`. */
export interface CocoData {
  readonly images: readonly {
    id: number;
    file_name: string;
    width: number;
    height: number;
    caption?: string;
  }[];
  readonly annotations: readonly {
    id: number;
    image_id: number;
    category_id: number;
    /** [x, y, width, height] in pixels */
    bbox: readonly [number, number, number, number];
    /** Of the box, in square pixels. */
    area: number;
    iscrowd: 0 | 1;
    phrase?: string;
  }[];
  readonly categories: readonly { id: number; name: string }[];
}

/**
 * Writes labelled pictures as COCO data (https://cocodataset.org/#format-data); ids start at 1.
 * Categories are `labels`, by default those of the scenes. Throws when an object's label is not among them.
 */
export function writeCoco(
  images: readonly LabelledImage[],
  labels: readonly string[] = classLabels,
): CocoData {
  const categoryIds = new Map(labels.map((name, i) => [name, i + 1]));
  let annotationId = 0;
  const annotations = images.flatMap(({ width, height, objects }, i) =>
    objects.map(({ label, box: [x0, y0, x1, y1], phrase }, k) => {
      const categoryId = categoryIds.get(label);
      if (categoryId === undefined) {
        throw new Error(`images[${i}].objects[${k}].label: "${label}" is not one of the labels`);
      }
      const bbox = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height] as const;
      return {
        id: ++annotationId,
        image_id: i + 1,
        category_id: categoryId,
        bbox,
        area: bbox[2] * bbox[3],
        iscrowd: 0 as const,
        ...(phrase === undefined ? {} : { phrase }),
      };
    }),
  );
  return {
    images: images.map(({ fileName, width, height, caption }, i) => ({
      id: i + 1,
      file_name: fileName,
      width,
      height,
      ...(caption === undefined ? {} : { caption }),
    })),
    annotations,
    categories: labels.map((name, i) => ({ id: i + 1, name })),
  };
}

interface ReadImage extends LabelledImage {
  readonly objects: LabelledObject[];
}

const optionalText = (fields: Fields, key: 'caption' | 'phrase', field: string): Fields =>
  fields[key] === undefined ? {} : { [key]: asText(fields[key], `${field}.${key}`) };

function readCategories(data: Fields): Map<number, string> {
  const names = new Map<number, string>();
  for (const [i, entry] of asList(data.categories, 'categories').entries()) {
    const field = `categories[${i}]`;
    const { id, name } = asFields(entry, field);
    addUnique(names, asInteger(id, `${field}.id`), asText(name, `${field}.name`), `${field}.id`);
  }
  return names;
}

function readImages(data: Fields): Map<number, ReadImage> {
  const images = new Map<number, ReadImage>();
  for (const [i, entry] of asList(data.images, 'images').entries()) {
    const field = `images[${i}]`;
    const fields = asFields(entry, field);
    const image: ReadImage = {
      fileName: asText(fields.file_name, `${field}.file_name`),
      width: asInteger(fields.width, `${field}.width`, 1),
      height: asInteger(fields.height, `${field}.height`, 1),
      ...optionalText(fields, 'caption', field),
      objects: [],
    };
    addUnique(images, asInteger(fields.id, `${field}.id`), image, `${field}.id`);
  }
  return images;
}

function parsed(source: unknown): unknown {
  if (typeof source !== 'string') return source;
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new Error(`COCO data: not JSON (${messageOf(cause)})`, {
      cause,
    });
  }
}

/**
 * Reads COCO instances data, as text or as a parsed value. Crowd regions (`iscrowd` 1) are left out.
 * Throws an error that names the field when something is missing, of a wrong type, or out of range.
 */
export function readCoco(source: unknown): LabelledImage[] {
  const data = asFields(parsed(source), 'COCO data');
  const names = readCategories(data);
  const images = readImages(data);
  for (const [i, entry] of asList(data.annotations, 'annotations').entries()) {
    const field = `annotations[${i}]`;
    const fields = asFields(entry, field);
    if (fields.iscrowd === 1) continue;
    const image = images.get(asInteger(fields.image_id, `${field}.image_id`));
    if (!image)
      throw new Error(`${field}.image_id: there is no image with the id ${showValue(fields.image_id)}`);
    const label = names.get(asInteger(fields.category_id, `${field}.category_id`));
    if (label === undefined) {
      throw new Error(
        `${field}.category_id: there is no category with the id ${showValue(fields.category_id)}`,
      );
    }
    const bbox = asList(fields.bbox, `${field}.bbox`);
    if (bbox.length !== 4) throw new Error(`${field}.bbox: must hold 4 numbers, holds ${bbox.length}`);
    const [x, y, w, h] = bbox.map((value, k) => asNumber(value, `${field}.bbox[${k}]`));
    const box = boxFromPixels([x, y, x + w, y + h], image.width, image.height, `${field}.bbox`);
    image.objects.push({ label, box, ...optionalText(fields, 'phrase', field) });
  }
  return [...images.values()];
}
