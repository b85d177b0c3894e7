// What a user asks for: a caption, and objects in boxes.

import { checkKeys, checkWhole, showValue } from '../checks/index.js';
import type { Box } from '../geometry/index.js';
import type { FieldParser, LayoutFields } from '../plugin/layoutFields.js';

/** An object of a layout. A plugin that adds fields declares them here by augmentation of this module. */
export interface LayoutObject {
  /** What stands in the box, in words: "a dog". */
  readonly phrase: string;
  readonly box: Box;
}

/** What a picture shall show. A plugin that adds fields declares them here by augmentation of this module. */
export interface Layout {
  readonly prompt: string;
  /** What the picture shall not show; default "". */
  readonly negativePrompt?: string;
  /** Pixels, multiples of the model's step, 8 for Stable Diffusion; default: the model's own size. */
  readonly width?: number;
  readonly height?: number;
  /** Back to front: where boxes overlap, the later object is nearer. */
  readonly objects: readonly LayoutObject[];
}

/** A layout as parsed JSON is typed: its boxes are lists of numbers, which are checked. */
export interface LayoutInput extends Omit<Layout, 'objects'> {
  readonly objects: readonly (Omit<LayoutObject, 'box'> & { readonly box: readonly number[] })[];
}

/** The most objects that a layout may hold: the slots of GLIGEN's checkpoints. */
export const MAX_OBJECTS = 30;
/** Pixels of a picture's longest side. */
export const MOST_SIDE = 8192;

const CORNERS = ['x0', 'y0', 'x1', 'y1'] as const;
const FIELDS = ['prompt', 'negativePrompt', 'width', 'height', 'objects'] as const;
const SIDES = ['width', 'height'] as const;
const OBJECT_FIELDS = ['phrase', 'box'] as const;

/**
 * A layout from parsed JSON or from code; throws an error that names the field and how to fix it. Fields that are not known
 * are refused, but for those in `also`, which are the caller's to read, and those of `plugins`, which are parsed and kept.
 */
export function parseLayout(
  given: unknown,
  also: readonly string[] = [],
  plugins: readonly LayoutFields[] = [],
): Layout {
  const own = Object.assign({}, ...plugins.map(({ layout }) => layout)) as Parsers;
  const known = [...FIELDS, ...Object.keys(own), ...also];
  const fields = checkKeys(given, known, 'layout');
  const { prompt, negativePrompt, objects } = fields;
  if (typeof prompt !== 'string') throw new Error(`prompt: must be text, not ${kind(prompt)}`);
  if (negativePrompt !== undefined && typeof negativePrompt !== 'string') {
    throw new Error(`negativePrompt: must be text, not ${kind(negativePrompt)}`);
  }
  if (!Array.isArray(objects))
    throw new Error(`objects: must be a list of { phrase, box }, not ${kind(objects)}`);
  if (objects.length > MAX_OBJECTS) {
    throw new Error(`objects: ${objects.length} are too many; at most ${MAX_OBJECTS} fit`);
  }
  const sides = SIDES.flatMap((name) =>
    fields[name] === undefined
      ? []
      : [[name, checkWhole(fields[name], { min: 1, max: MOST_SIDE }, name)] as const],
  );
  const ofObjects = Object.assign({}, ...plugins.map(({ object }) => object)) as Parsers;
  const parsed = Array.from(objects, (object, i) => parseObject(object, `objects[${i}]`, ofObjects));
  return {
    ...parseFields(fields, own, ''),
    prompt,
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    ...Object.fromEntries(sides),
    objects: parsed,
  };
}

type Parsers = Readonly<Record<string, FieldParser>>;

function parseFields(given: Readonly<Record<string, unknown>>, parsers: Parsers, path: string): object {
  const present = Object.entries(parsers).filter(([name]) => given[name] !== undefined);
  return Object.fromEntries(present.map(([name, parse]) => [name, parse(given[name], `${path}${name}`)]));
}

function parseObject(given: unknown, path: string, parsers: Parsers): LayoutObject {
  const fields = checkKeys(given, [...OBJECT_FIELDS, ...Object.keys(parsers)], path);
  const { phrase, box } = fields;
  if (typeof phrase !== 'string') throw new Error(`${path}.phrase: must be text, not ${kind(phrase)}`);
  if (phrase.trim() === '') throw new Error(`${path}.phrase: is empty; say what stands in the box`);
  return {
    ...parseFields(fields, parsers, `${path}.`),
    phrase: phrase.trim(),
    box: parseBox(box, `${path}.box`),
  };
}

/** A box in 0..1 with x1 > x0 and y1 > y0; `path` names it in errors. */
export function parseBox(given: unknown, path: string): Box {
  if (!Array.isArray(given) || given.length !== 4) {
    throw new Error(`${path}: must be four numbers x0, y0, x1, y1, not ${kind(given)}`);
  }
  const corners = Array.from(given, (corner: unknown, i) => {
    if (typeof corner !== 'number' || !Number.isFinite(corner)) {
      throw new Error(`${path}: ${CORNERS[i]} must be a number, not ${showValue(corner)}`);
    }
    if (corner < 0 || corner > 1) {
      throw new Error(
        `${path}: ${CORNERS[i]} (${corner}) must lie in 0..1, a fraction of the picture's side`,
      );
    }
    return corner;
  });
  const [x0, y0, x1, y1] = corners as [number, number, number, number];
  if (x1 <= x0) throw new Error(`${path}: x1 (${x1.toFixed(2)}) must be greater than x0 (${x0.toFixed(2)})`);
  if (y1 <= y0) throw new Error(`${path}: y1 (${y1.toFixed(2)}) must be greater than y0 (${y0.toFixed(2)})`);
  return [x0, y0, x1, y1];
}

const kind = (value: unknown): string => (value === undefined ? 'missing' : showValue(value));
