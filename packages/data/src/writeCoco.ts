import { checkKeys, checkList, checkWhole } from '@spatiallock/core/checks';
import { checkLabelledImage, checkTexts } from './checkLabelled.js';
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

const IDS = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * Writes labelled pictures as COCO data (https://cocodataset.org/#format-data); ids count up from `firstImage` and
 * `firstAnnotation`. Categories are `labels`, in their order. Throws when an object's label is not among them.
 */
export function writeCoco(
  images: readonly LabelledImage[],
  labels: readonly string[],
  options: WriteCocoOptions = {},
): CocoData {
  checkKeys(options, ['firstImage', 'firstAnnotation'], 'options');
  const { firstImage = 1, firstAnnotation = 1 } = options;
  checkWhole(firstImage, IDS, 'options.firstImage');
  checkWhole(firstAnnotation, IDS, 'options.firstAnnotation');
  checkTexts(labels, 'labels');
  checkList(images, 'images', 'pictures').forEach(
    (image, i) => void checkLabelledImage(image, `images[${i}]`, labels),
  );
  const categoryIds = new Map(labels.map((name, i) => [name, i + 1]));
  let annotationId = firstAnnotation;
  const annotations = images.flatMap(({ width, height, objects }, i) =>
    objects.map(({ label, box: [x0, y0, x1, y1], phrase }) => {
      const bbox = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height] as const;
      return {
        id: annotationId++,
        image_id: firstImage + i,
        category_id: categoryIds.get(label)!,
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
