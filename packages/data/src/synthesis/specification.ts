// The specification of a data set of painted pictures, one JSON file.

import { MAX_OBJECTS } from '@spatiallock/core';
import { checkKeys, checkNumber, checkWhole, didYouMean, showValue } from '@spatiallock/core/checks';
import { parseJson } from '@spatiallock/core/io';

/** Two ends of a range, the smaller one first. */
export type Range = readonly [least: number, most: number];

/** A class of a specification: how often it is drawn, and what phrases name it. */
export interface ClassShare {
  readonly label: string;
  /** How often the class is drawn, in proportion to the others. */
  readonly share: number;
  /** What objects of it are called. */
  readonly phrases: readonly string[];
}

/** Classes, sizes and captions of layouts that are drawn at random. */
export interface Specification {
  /** Layouts to draw. */
  readonly count: number;
  readonly seed: number;
  readonly classes: readonly ClassShare[];
  /** Objects of a picture, drawn evenly; one without any shows its background alone. */
  readonly objects: Range;
  /** Square root of a box's area, as a fraction of the picture's side. */
  readonly size: Range;
  /** Width of a box over its height. */
  readonly aspect: Range;
  /** The largest IoU of two boxes of a picture. */
  readonly overlap: number;
  /** What `{background}` of a caption becomes. */
  readonly backgrounds: readonly string[];
  /** Captions with the words `{objects}` and `{background}`. */
  readonly captions: readonly string[];
}

const FIELDS = [
  'count',
  'seed',
  'classes',
  'objects',
  'size',
  'aspect',
  'overlap',
  'backgrounds',
  'captions',
] as const;

const MAX_COUNT = 1_000_000;
/** What a caption may hold in braces. */
const PLACEHOLDERS: readonly string[] = ['{objects}', '{background}'];

/**
 * Reads a specification; only `count` and `classes` are required. `classes` is a list of labels, or an object of labels with a
 * share each, or with `{ share, phrases }`. Throws an error that names the field and how to fix it.
 */
export function parseSpecification(source: unknown): Specification {
  const json = typeof source === 'string' ? parseJson(source, 'specification:') : source;
  const fields = checkKeys(json, FIELDS, 'specification');
  const objects = range(fields.objects, 'objects', [1, 4], [0, MAX_OBJECTS]);
  if (!objects.every(Number.isInteger)) throw new Error('objects: must be whole numbers, such as [1, 4]');
  return {
    count: checkWhole(fields.count, { min: 1, max: MAX_COUNT }, 'count'),
    seed: checkWhole(fields.seed ?? 0, { min: 0, max: 2 ** 32 - 1 }, 'seed'),
    classes: classes(fields.classes),
    objects,
    size: range(fields.size, 'size', [0.2, 0.5], [0.01, 1]),
    aspect: range(fields.aspect, 'aspect', [0.67, 1.5], [0.05, 20]),
    overlap: checkNumber(fields.overlap ?? 0.1, { min: 0, max: 1 }, 'overlap'),
    backgrounds: texts(fields.backgrounds, 'backgrounds', ['']),
    captions: captions(fields.captions),
  };
}

function classes(given: unknown): ClassShare[] {
  const entries = Array.isArray(given)
    ? given.map((label: unknown, i): [string, unknown] => [text(label, `classes[${i}]`), 1])
    : Object.entries(checkObject(given, 'classes'));
  if (entries.length === 0) throw new Error('classes: is empty; name at least one class');
  const parsed = entries.map(([label, value]) => classShare(text(label, 'classes'), value));
  const twice = parsed.find(({ label }, i) => parsed.findIndex((other) => other.label === label) < i);
  if (twice !== undefined) throw new Error(`classes: ${showValue(twice.label)} is there twice`);
  if (parsed.every(({ share }) => share === 0))
    throw new Error('classes: every share is 0; give one above 0');
  return parsed;
}

function classShare(label: string, value: unknown): ClassShare {
  const path = `classes.${label}`;
  const plain = [`${/^[aeiou]/i.test(label) ? 'an' : 'a'} ${label}`];
  if (typeof value === 'number') {
    return { label, share: checkNumber(value, { min: 0, max: 1e6 }, path), phrases: plain };
  }
  const { share, phrases } = checkKeys(value, ['share', 'phrases'], path);
  return {
    label,
    share: checkNumber(share ?? 1, { min: 0, max: 1e6 }, `${path}.share`),
    phrases: texts(phrases, `${path}.phrases`, plain),
  };
}

function checkObject(value: unknown, path: string): object {
  if (typeof value === 'object' && value !== null) return value;
  throw new Error(`${path}: must be a list of labels or an object of shares, not ${showValue(value)}`);
}

function range(given: unknown, path: string, otherwise: Range, [min, max]: Range): Range {
  if (given === undefined) return otherwise;
  if (!Array.isArray(given) || given.length !== 2) {
    throw new Error(
      `${path}: must be two numbers, such as [${otherwise.join(', ')}], not ${showValue(given)}`,
    );
  }
  const [least, most] = given.map((value: unknown, i) => checkNumber(value, { min, max }, `${path}[${i}]`));
  if (least! > most!) throw new Error(`${path}: ${least} is more than ${most}; give the smaller one first`);
  return [least!, most!];
}

function captions(given: unknown): readonly string[] {
  const read = texts(given, 'captions', ['{objects} {background}']);
  for (const [i, caption] of read.entries()) {
    if (!caption.includes('{objects}')) {
      throw new Error(
        `captions[${i}]: ${showValue(caption)} must hold {objects}, where the objects are named`,
      );
    }
    const unknown = caption.match(/\{[^}]*\}?/g)?.find((each) => !PLACEHOLDERS.includes(each));
    if (unknown === undefined) continue;
    throw new Error(
      `captions[${i}]: ${showValue(unknown)} is not known${didYouMean(unknown, PLACEHOLDERS)}; known are ${PLACEHOLDERS.join(' and ')}`,
    );
  }
  return read;
}

function texts(given: unknown, path: string, otherwise: readonly string[]): readonly string[] {
  if (given === undefined) return otherwise;
  if (!Array.isArray(given) || given.length === 0) {
    throw new Error(`${path}: must be a list of texts that is not empty, not ${showValue(given)}`);
  }
  return given.map((value: unknown, i) => text(value, `${path}[${i}]`, path === 'backgrounds'));
}

function text(value: unknown, path: string, mayBeEmpty = false): string {
  if (typeof value === 'string' && (mayBeEmpty || value.trim() !== '')) return value.trim();
  throw new Error(`${path}: must be a text that is not empty, not ${showValue(value)}`);
}
