import type { LabelledImage } from './labelled.js';

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

/** Options of `writeCoco`. */
export interface WriteCocoOptions {
  /** Ids of the first picture and of the first object: files of one data set must not share any. Default 1. */
  readonly firstImage?: number;
  readonly firstAnnotation?: number;
}

/**
 * Writes labelled pictures as COCO data (https://cocodataset.org/#format-data); ids count up from `firstImage` and
 * `firstAnnotation`. Categories are `labels`, in their order. Throws when an object's label is not among them.
 */
export function writeCoco(
  images: readonly LabelledImage[],
  labels: readonly string[],
  { firstImage = 1, firstAnnotation = 1 }: WriteCocoOptions = {},
): CocoData {
  const categoryIds = new Map(labels.map((name, i) => [name, i + 1]));
  let annotationId = firstAnnotation;
  const annotations = images.flatMap(({ width, height, objects }, i) =>
    objects.map(({ label, box: [x0, y0, x1, y1], phrase }, k) => {
      const categoryId = categoryIds.get(label);
      if (categoryId === undefined) {
        throw new Error(`images[${i}].objects[${k}].label: "${label}" is not one of the labels`);
      }
      const bbox = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height] as const;
      return {
        id: annotationId++,
        image_id: firstImage + i,
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
      id: firstImage + i,
      file_name: fileName,
      width,
      height,
      ...(caption === undefined ? {} : { caption }),
    })),
    annotations,
    categories: labels.map((name, i) => ({ id: i + 1, name })),
  };
}
