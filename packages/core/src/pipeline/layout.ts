// What a user asks for: a caption, and objects in boxes.

import { checkKeys, checkWhole, showValue } from '../checks/index.js';
import type { Box } from '../geometry/index.js';
import { type FieldParser, LAYOUT_FIELDS, type LayoutFields, OBJECT_FIELDS } from '../plugin/layoutFields.js';
import { requireSynchronous } from '../plugin/requireSynchronous.js';

/** An object of a layout. A plugin that adds fields declares them here by augmentation of this module. */
export interface LayoutObject {
  /** What stands in the box, in words: "a dog". */
  readonly phrase: string;
  readonly box: Box;
}

/** What a picture shows. A plugin that adds fields declares them here by augmentation of this module. */
export interface Layout {
  readonly prompt: string;
  /** What the picture should not show; default "". */
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

/** The most objects that a layout may hold: the slots of grounded checkpoints in diffusers' layout. */
export const MAX_OBJECTS = 30;
/** Pixels of a picture's longest side. */
export const MOST_SIDE = 8192;

const CORNERS = ['x0', 'y0', 'x1', 'y1'] as const;
const SIDES = ['width', 'height'] as const;

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
  const lists = plugins.flatMap((plugin) => plugin.lists ?? []);
  const known = [...LAYOUT_FIELDS, ...Object.keys(own), ...lists, ...also];
  const fields = checkKeys(given, known, 'layout');
  const { prompt, negativePrompt, objects } = fields;
  if (typeof prompt !== 'string') throw new Error(`prompt: must be text, not ${kind(prompt)}`);
  if (negativePrompt !== undefined && typeof negativePrompt !== 'string') {
    throw new Error(`negativePrompt: must be text, not ${kind(negativePrompt)}`);
  }
  const sides = SIDES.flatMap((name) =>
    fields[name] === undefined
      ? []
      : [[name, checkWhole(fields[name], { min: 1, max: MOST_SIDE }, name)] as const],
  );
  const ofObjects = Object.assign({}, ...plugins.map(({ object }) => object)) as Parsers;
  const more = lists.filter((name) => fields[name] !== undefined);
  return {
    ...parseFields(fields, own, ''),
    prompt,
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    ...Object.fromEntries(sides),
    objects: parseObjects(objects, 'objects', ofObjects),
    ...Object.fromEntries(more.map((name) => [name, parseObjects(fields[name], name, ofObjects)])),
  };
}

/** The lists of objects in a layout, by their field: `objects`, and those that plugins declare. */
export function objectLists(
  layout: Layout,
  plugins: readonly LayoutFields[],
): readonly (readonly [field: string, objects: readonly LayoutObject[]])[] {
  const fields = layout as unknown as Readonly<Record<string, readonly LayoutObject[] | undefined>>;
  const lists = ['objects', ...plugins.flatMap(({ lists = [] }) => lists)];
  return lists.map((name) => [name, fields[name] ?? []]);
}

type Parsers = Readonly<Record<string, FieldParser>>;

function parseFields(given: Readonly<Record<string, unknown>>, parsers: Parsers, path: string): object {
  const present = Object.entries(parsers).filter(([name]) => given[name] !== undefined);
  return Object.fromEntries(
    present.map(([name, parse]) => {
      const place = `${path}${name}`;
      return [name, requireSynchronous(parse(given[name], place), `${place}: its parser`)];
    }),
  );
}

function parseObjects(given: unknown, path: string, parsers: Parsers): readonly LayoutObject[] {
  if (!Array.isArray(given))
    throw new Error(`${path}: must be a list of { phrase, box }, not ${kind(given)}`);
  if (given.length > MAX_OBJECTS) {
    throw new Error(`${path}: ${given.length} are too many; at most ${MAX_OBJECTS} fit`);
  }
  return Array.from(given, (object, i) => parseObject(object, `${path}[${i}]`, parsers));
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
