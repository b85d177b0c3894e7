import type { Box, ImageSize } from '@spatiallock/core';
import { checkList, checkObject, checkText, showValue } from '@spatiallock/core/checks';
import { checkDetections } from '../checkArguments.js';
import type { EvaluatedImage } from './types.js';

/** Throws an error that names the field where a box, a score or a size is not usable. */
export function validateImages(images: readonly EvaluatedImage[]): void {
  checkList(images, 'images', 'pictures { truth, detections }').forEach((image, i) => {
    const at = `images[${i}]`;
    const { truth, detections, size } = checkObject(image, at) as unknown as EvaluatedImage;
    checkList(truth, `${at}.truth`, 'objects').forEach(
      (each, t) => void checkObject(each, `${at}.truth[${t}]`),
    );
    checkDetections(detections, `${at}.detections`);
    if (size !== undefined) validateSize(size, `${at}.size`);
    truth.forEach((object, t) => {
      const path = `${at}.truth[${t}]`;
      const { label, box, area } = object;
      checkText(label, `${path}.label`);
      validateBox(box, `${path}.box`);
      if (box[2] <= box[0])
        throw new Error(`${path}.box: x1 (${box[2]}) must be greater than x0 (${box[0]})`);
      if (box[3] <= box[1])
        throw new Error(`${path}.box: y1 (${box[3]}) must be greater than y0 (${box[1]})`);
      if (area !== undefined && !(area >= 0 && area <= 1)) {
        throw new Error(`${path}.area: must be a fraction of the image in 0..1, is ${showValue(area)}`);
      }
    });
    detections.forEach(({ label, box, score }, d) => {
      const path = `${at}.detections[${d}]`;
      checkText(label, `${path}.label`);
      validateBox(box, `${path}.box`);
      if (!Number.isFinite(score))
        throw new Error(`${path}.score: must be a finite number, is ${showValue(score)}`);
    });
  });
}

/** Throws where width or height is not a positive number of pixels. */
export function validateSize(size: ImageSize, path: string): void {
  checkObject(size, path);
  const { width, height } = size;
  if (!(width > 0 && height > 0 && Number.isFinite(width * height))) {
    throw new Error(
      `${path}: width and height must be positive pixels, are ${showValue(width)} and ${showValue(height)}`,
    );
  }
}

function validateBox(box: Box, path: string): void {
  if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite)) {
    throw new Error(`${path}: must be four finite numbers x0, y0, x1, y1, is ${showValue(box)}`);
  }
}
