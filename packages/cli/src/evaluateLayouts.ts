// `evaluate --layouts`: a user's own layouts, with real pictures where there are some.

import { dirname, resolve } from 'node:path';
import { type ImageSize, type Layout, type LayoutFields, messageOf, type RgbImage } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { labelling } from '@spatiallock/core/pipeline';
import type { EvaluatedLayout, Evaluator } from '@spatiallock/evaluation';
import { imageSize, readImageCrop } from '@spatiallock/node';
import { counted } from './counted.js';
import { InputError, readingNow, refuseFaults } from './errors.js';
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
 * The layouts of a JSON or JSONL file; pictures are found beside it. Rejects with an InputError that names the file, and the
 * line and the field of every fault, pictures that cannot be read among them, and where some of the layouts have pictures and others
 * have none.
 */
export async function readOwnLayouts(
  file: string,
  cwd: string,
  fields: readonly LayoutFields[],
): Promise<readonly OwnLayout[]> {
  const prefix = `--layouts: ${file}: `;
  const { layouts, where } = await readLayoutFile(file, { cwd }, [...fields, FIELDS], '--layouts');
  const folder = dirname(resolve(cwd, file));
  const own = layouts.map((given: WithImage, i): OwnLayout => {
    const { image, ...layout } = given;
    const labels = layout.objects.map(({ label }: WithLabel) => label);
    const objects = layout.objects.map(({ label: _, ...object }: WithLabel) => object);
    return {
      layout: { ...layout, objects },
      labels,
      ...(image === undefined ? {} : { image: resolve(folder, image) }),
      where: where[i] || 'the layout',
    };
  });
  const without = own.filter(({ image }) => image === undefined);
  if (without.length > 0 && without.length < own.length) {
    throw new InputError(
      `${prefix}${without[0]!.where} has no image, and others have one; give all of them one, or none`,
    );
  }
  const faults: string[] = [];
  for (const { layout, image, where: at } of own) {
    if (layout.objects.length === 0) faults.push(`${at}: objects: is empty; there is nothing to evaluate`);
    if (image === undefined) continue;
    await imageSize(image).catch((cause: unknown) => faults.push(`${at}: ${imageFault(image, cause)}`));
  }
  const advice = 'mend these layouts or take them out';
  refuseFaults(
    prefix,
    faults.map((fault) => prefix + fault),
    advice,
  );
  return own;
}

/**
 * The layouts with the detector's label of each object. `check` throws where the model cannot paint a layout. Throws an
 * InputError that lists all layouts that cannot be painted and all objects that cannot be judged.
 */
export function judgeable(
  own: readonly OwnLayout[],
  evaluator: Evaluator,
  check: (layout: Layout) => void,
): EvaluatedLayout[] {
  const labelOf = labelling(evaluator);
  const [unpaintable, unknown]: [string[], string[]] = [[], []];
  const faults: string[] = [];
  const fault = (list: string[], text: string): void => {
    list.push(text);
    faults.push(text);
  };
  const scenes = own.map(({ layout, labels, where }) => {
    try {
      readingNow(() => check(layout), `${where}: `);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      fault(unpaintable, error.message);
    }
    const found = layout.objects.map(({ phrase }, i) => {
      const given = labels[i];
      const label = given === undefined ? labelOf(phrase) : given;
      if (label !== undefined && evaluator.labels.includes(label)) return label;
      const named = given === undefined ? showValue(phrase) : `label ${showValue(given)}`;
      fault(unknown, `${where}: objects[${i}]: ${named} is nothing that the detector knows`);
      return '';
    });
    return { layout, labels: found };
  });
  if (faults.length === 0) return scenes;
  const known = evaluator.labels.slice(0, 8).join(', ');
  const told = [
    ...(unpaintable.length > 0 ? [`${counted(unpaintable.length, 'layout')} cannot be painted`] : []),
    ...(unknown.length > 0 ? [`${counted(unknown.length, 'object')} cannot be judged`] : []),
  ];
  const advice =
    unknown.length === 0
      ? ''
      : `; name one of the detector's labels (${known} ...) in "label", or give another --detector`;
  throw new InputError(`--layouts: ${told.join(' and ')}, see above${advice}`, { details: faults });
}

/** How far the sides of a real picture may be from those of the painted ones, as a share. */
const SLACK = 0.01;

/**
 * Rejects with an InputError that lists all real pictures of another shape than the model paints for their layouts, as far as
 * `sizeOf` knows it; reads their heads alone.
 */
export async function requireShapes(
  own: readonly OwnLayout[],
  sizeOf: (layout: Layout) => ImageSize | undefined,
): Promise<void> {
  await eachPicture(own, async (image, layout) => {
    const size = sizeOf(layout);
    if (size) await fittingSize(image, size);
  });
}

/**
 * The real pictures of layouts, in the one size of their painted ones. Rejects with an InputError that lists all that cannot be read or are of
 * another shape.
 */
export async function ownPictures(own: readonly OwnLayout[], size: ImageSize): Promise<RgbImage[]> {
  const { width, height } = size;
  return eachPicture(own, async (image) => {
    const whole = { left: 0, top: 0, ...(await fittingSize(image, size)), flip: false };
    return readImageCrop(image, { ...whole, size: { width, height } });
  });
}

/** The size of a picture that has the shape of the painted ones; an error where it has another. */
async function fittingSize(image: string, { width, height }: ImageSize): Promise<ImageSize> {
  const size = await imageSize(image);
  const shape = (size.width * height) / (size.height * width);
  if (Math.abs(shape - 1) <= SLACK) return size;
  throw new Error(
    `is of ${size.width} x ${size.height} pixels, the model paints ${width} x ${height}; crop it`,
  );
}

async function eachPicture<T>(
  own: readonly OwnLayout[],
  read: (image: string, layout: Layout) => Promise<T>,
): Promise<T[]> {
  const faults: string[] = [];
  const results: T[] = [];
  for (const { layout, image, where } of own) {
    try {
      results.push(await read(image!, layout));
    } catch (cause) {
      faults.push(`${where}: ${imageFault(image!, cause)}`);
    }
  }
  if (faults.length === 0) return results;
  throw new InputError(`--layouts: ${counted(faults.length, 'picture')} cannot be used, see above`, {
    details: faults,
  });
}

function imageFault(image: string, cause: unknown): string {
  const message = messageOf(cause);
  return `image: ${message.startsWith(image) ? message : `${image}: ${message}`}`;
}
