// Checks of what writers are given; errors name the field.

import { checkList, checkObject, checkText, checkWhole } from '@spatiallock/core/checks';
import { parseBox } from '@spatiallock/core/pipeline';

const PIXELS = { min: 1, max: 1e6 };

/** A list of texts. */
export function checkTexts(given: unknown, path: string): void {
  checkList(given, path, 'texts').forEach((each, i) => void checkText(each, `${path}[${i}]`));
}

/** Objects with labels out of `labels`, where those are given, and boxes in 0..1. */
export function checkLabelledObjects(given: unknown, path: string, labels?: readonly string[]): void {
  checkList(given, path, 'objects').forEach((each, i) => {
    const at = `${path}[${i}]`;
    const { label, box } = checkObject(each, at);
    checkText(label, `${at}.label`);
    if (labels && !labels.some((known) => known === label)) {
      throw new Error(`${at}.label: "${String(label)}" is not one of the labels`);
    }
    parseBox(box, `${at}.box`);
  });
}

/** A labelled picture, as writers of data sets take it. */
export function checkLabelledImage(given: unknown, path: string, labels?: readonly string[]): void {
  const { fileName, width, height, objects } = checkObject(given, path);
  checkText(fileName, `${path}.fileName`, 'the name of a file');
  checkWhole(width, PIXELS, `${path}.width`);
  checkWhole(height, PIXELS, `${path}.height`);
  checkLabelledObjects(objects, `${path}.objects`, labels);
}
