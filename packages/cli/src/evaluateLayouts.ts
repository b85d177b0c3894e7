// `evaluate --layouts`: a user's own layouts, with real pictures where there are some.

import { dirname, resolve } from 'node:path';
import { type Layout, type LayoutFields, messageOf, type RgbImage } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { labelling } from '@spatiallock/core/pipeline';
import type { EvaluatedLayout, Evaluator } from '@spatiallock/evaluation';
import { imageSize, readImageCrop } from '@spatiallock/node';
import { InputError } from './errors.js';
import { readLayoutFile } from './layoutFile.js';

/** A layout of the file; objects may say how the detector labels them, `image` names a real picture. */
export interface OwnLayout {
  readonly layout: Layout;
  readonly labels: readonly (string | undefined)[];
  /** Absolute path of a real picture of it. */
  readonly image?: string;
  /** How errors name it. */
  readonly where: string;
}

const nameOf = (given: unknown, path: string): string => {
  if (typeof given === 'string' && given.trim() !== '') return given;
  throw new Error(`${path}: must be text, not ${showValue(given)}`);
};

/** Fields of evaluations, beside those of plugins. */
const FIELDS: LayoutFields = { layout: { image: nameOf }, object: { label: nameOf } };

type WithImage = Layout & { readonly image?: string };
type WithLabel = Layout['objects'][number] & { readonly label?: string };

/**
 * The layouts of a JSON or JSONL file; pictures are found beside it. Rejects with an InputError that names the file and the
 * field, and where some of the layouts have pictures and others have none.
 */
export async function readOwnLayouts(
  file: string,
  cwd: string,
  fields: readonly LayoutFields[],
): Promise<readonly OwnLayout[]> {
  const { layouts } = await readLayoutFile(file, { cwd }, [...fields, FIELDS], '--layouts');
  const folder = dirname(resolve(cwd, file));
  const own = layouts.map((given: WithImage, i): OwnLayout => {
    const { image, ...layout } = given;
    const labels = layout.objects.map(({ label }: WithLabel) => label);
    const objects = layout.objects.map(({ label: _, ...object }: WithLabel) => object);
    return {
      layout: { ...layout, objects },
      labels,
      ...(image === undefined ? {} : { image: resolve(folder, image) }),
      where: `layout ${i + 1}`,
    };
  });
  const empty = own.find(({ layout }) => layout.objects.length === 0);
  if (empty)
    throw new InputError(
      `--layouts: ${file}: ${empty.where}: objects: is empty; there is nothing to evaluate`,
    );
  const without = own.filter(({ image }) => image === undefined);
  if (without.length > 0 && without.length < own.length) {
    throw new InputError(
      `--layouts: ${file}: ${without[0]!.where} has no image, and others have one; give all of them one, or none`,
    );
  }
  return own;
}

/** The layouts with the detector's label of each object. Throws an InputError that lists all objects that it cannot evaluate. */
export function judgeable(own: readonly OwnLayout[], evaluator: Evaluator): EvaluatedLayout[] {
  const labelOf = labelling(evaluator);
  const faults: string[] = [];
  const scenes = own.map(({ layout, labels, where }) => ({
    layout,
    labels: layout.objects.map(({ phrase }, i) => {
      const given = labels[i];
      const label = given === undefined ? labelOf(phrase) : given;
      if (label !== undefined && evaluator.labels.includes(label)) return label;
      faults.push(
        `${where}: objects[${i}]: ${given === undefined ? showValue(phrase) : `label ${showValue(given)}`} is nothing that the detector knows`,
      );
      return '';
    }),
  }));
  if (faults.length === 0) return scenes;
  const known = evaluator.labels.slice(0, 8).join(', ');
  throw new InputError(
    `--layouts: ${faults.length} ${faults.length === 1 ? 'object' : 'objects'} cannot be judged, see above; name one of the detector's labels (${known} ...) in "label", or give another --detector`,
    { details: faults },
  );
}

/** How far the sides of a real picture may be from those of the painted ones, as a share. */
const SLACK = 0.01;

/**
 * The real pictures, in the size of the painted ones. Rejects with an InputError that lists all that cannot be read or are of
 * another shape.
 */
export async function ownPictures(
  own: readonly OwnLayout[],
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
): Promise<RgbImage[]> {
  const faults: string[] = [];
  const pictures: RgbImage[] = [];
  for (const { image, where } of own) {
    try {
      const size = await imageSize(image!);
      const shape = (size.width * height) / (size.height * width);
      if (Math.abs(shape - 1) > SLACK) {
        throw new Error(
          `is of ${size.width} x ${size.height} pixels, the model paints ${width} x ${height}; crop it`,
        );
      }
      const whole = { left: 0, top: 0, ...size, flip: false, size: { width, height } };
      pictures.push(await readImageCrop(image!, whole));
    } catch (cause) {
      const message = messageOf(cause);
      faults.push(`${where}: image: ${message.startsWith(image!) ? message : `${image}: ${message}`}`);
    }
  }
  if (faults.length === 0) return pictures;
  throw new InputError(`--layouts: ${faults.length} pictures cannot be used, see above`, { details: faults });
}
