// Reads COCO's instances format as people and tools write it.

import { checkFlag, showValue } from '@spatiallock/core/checks';
import { parseJson } from '@spatiallock/core/io';
import { asFields, asFlag, asId, asList, asName, asOptionalText, asPixels, type Fields } from './check.js';
import { cornersOf } from './cocoCorners.js';
import { fileNameOf } from './cocoFileName.js';
import { FieldError } from './fieldError.js';
import {
  checkReadOptions,
  type DataIssue,
  type IssueCollector,
  issueCollector,
  type ReadOptions,
  shortText,
} from './issues.js';
import {
  fittedBox,
  type LabelledImage,
  type LabelledObject,
  type ObjectList,
  objectList,
} from './labelled.js';

/** Files have two digits behind the point; a box over the edge by less, in pixels, is cut without a word. */
const ROUNDING = 0.01;

/** Options of `readCoco`. */
export interface ReadCocoOptions extends ReadOptions {
  /**
   * Gives crowd regions and those to ignore, too, as `crowds` of pictures that have some; a score must pass over what lies in them.
   * Default false.
   */
  readonly crowds?: boolean;
}

interface ReadImage {
  readonly image: Omit<LabelledImage, 'objects' | 'crowds'>;
  readonly list: ObjectList;
  readonly crowds: LabelledObject[];
}

/** Entries by id; those that cannot be understood are known by their ids, so that nobody asks for them in vain. */
interface Known<T> {
  readonly entries: ReadonlyMap<string, T>;
  readonly bad: ReadonlySet<string>;
}

/**
 * Reads COCO instances data, as text or as a parsed value. Crowd regions (`iscrowd`) and regions to ignore (`ignore`)
 * are left out, but for the option `crowds`; so are boxes without area or outside of their picture, while a box over the edge is cut off there. An object without `bbox` gets that of its
 * polygons, and an image without `file_name`, as those of LVIS, a name from its `coco_url`: "train2017/000000000001.jpg". Throws a
 * DataError that lists all that cannot be understood, unless `skipBad` leaves it out, too.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { issueText, readCoco } from '@spatiallock/data';
 *
 * const images = readCoco(await readFile('instances.json', 'utf8'), {
 *   skipBad: true,
 *   onIssue: (issue) => console.warn(issueText(issue)),
 * });
 * console.log(images[0]?.objects); // [{ label: 'cup', box: [0.2, 0.3, 0.4, 0.6] }]
 * ```
 */
export function readCoco(source: unknown, options: ReadCocoOptions = {}): LabelledImage[] {
  checkReadOptions(options, ['crowds']);
  checkFlag(options.crowds ?? false, 'options.crowds');
  const data = asFields(typeof source === 'string' ? parseJson(source, 'COCO data:') : source, 'COCO data');
  const lists = [data.categories, data.images, data.annotations];
  const [categories, entries, annotations] = (['categories', 'images', 'annotations'] as const).map(
    (name, i) => asList(lists[i], name),
  );
  const issues = issueCollector(options);
  const names = readEntries('categories', categories!, issues, readCategory, (a, b) => a === b);
  const images = readEntries('images', entries!, issues, readImage, sameImage);
  for (const [i, entry] of annotations!.entries()) {
    readAnnotation(entry, `annotations[${i}]`, { names, images, issues });
  }
  issues.finish();
  return [...images.entries.values()].map(({ image, list, crowds }) => ({
    ...{ ...image, objects: list.objects },
    ...(options.crowds && crowds.length > 0 ? { crowds } : {}),
  }));
}

/** Adds an issue of what a reader throws; errors of other kinds are faults of ours. */
function addBad(issues: IssueCollector, error: unknown, more: Pick<DataIssue, 'fileName' | 'id'> = {}): void {
  if (!(error instanceof FieldError)) throw error;
  issues.add({ kind: 'bad', ...error.issue, ...more });
}

function readEntries<T>(
  list: string,
  values: readonly unknown[],
  issues: IssueCollector,
  read: (fields: Fields, field: string) => T,
  same: (a: T, b: T) => boolean,
): Known<T> {
  const entries = new Map<string, T>();
  const bad = new Set<string>();
  for (const [i, value] of values.entries()) {
    const field = `${list}[${i}]`;
    let id: string | undefined;
    try {
      const fields = asFields(value, field);
      id = asId(fields.id, `${field}.id`);
      const entry = read(fields, field);
      const before = entries.get(id);
      if (before !== undefined && !same(before, entry)) {
        const rounded = typeof fields.id === 'number' && !Number.isSafeInteger(fields.id);
        const advice = rounded ? '; numbers beyond 2^53 are rounded, so write such ids as texts' : '';
        throw new FieldError(
          `${field}.id`,
          `${shortText(id)} is used twice, for different entries; it must be unique${advice}`,
        );
      }
      if (before === undefined) entries.set(id, entry);
    } catch (error) {
      addBad(issues, error, id === undefined ? {} : { id });
      if (id !== undefined) bad.add(id);
    }
  }
  return { entries, bad };
}

const readCategory = ({ name }: Fields, field: string): string => asName(name, `${field}.name`);

function readImage(fields: Fields, field: string): ReadImage {
  const caption = asOptionalText(fields.caption, `${field}.caption`);
  const image = {
    fileName: fileNameOf(fields, field),
    width: asPixels(fields.width, `${field}.width`),
    height: asPixels(fields.height, `${field}.height`),
    ...(caption === undefined ? {} : { caption }),
  };
  return { image, list: objectList(), crowds: [] };
}

/** Data sets that were joined hold some images twice. */
const sameImage = ({ image: a }: ReadImage, { image: b }: ReadImage): boolean =>
  a.fileName === b.fileName && a.width === b.width && a.height === b.height;

interface AnnotationContext {
  readonly names: Known<string>;
  readonly images: Known<ReadImage>;
  readonly issues: IssueCollector;
}

function readAnnotation(entry: unknown, field: string, context: AnnotationContext): void {
  const where: { id?: string; fileName?: string } = {};
  try {
    const fields = asFields(entry, field);
    const [crowd, ignored] = [fields.iscrowd, fields.ignore];
    const isCrowd = asFlag(crowd, `${field}.iscrowd`);
    const isIgnored = asFlag(ignored, `${field}.ignore`);
    if (isCrowd || isIgnored) {
      addCrowd(fields, field, context);
      return;
    }
    if (fields.id !== undefined && fields.id !== null) where.id = asId(fields.id, `${field}.id`);
    const found = entryOf(context.images, fields.image_id, `${field}.image_id`, 'image');
    where.fileName = found?.image.fileName;
    const label = entryOf(context.names, fields.category_id, `${field}.category_id`, 'category');
    // Faults of its image or category are reported already.
    if (found !== undefined && label !== undefined)
      addObject(fields, field, { ...found, label }, context, where);
  } catch (error) {
    addBad(context.issues, error, where);
  }
}

/** A region that cannot be understood is none: nothing is learnt from it, and nothing asked for. */
function addCrowd(fields: Fields, field: string, { names, images }: AnnotationContext): void {
  try {
    const found = images.entries.get(asId(fields.image_id, `${field}.image_id`));
    const label = names.entries.get(asId(fields.category_id, `${field}.category_id`));
    if (found === undefined || label === undefined) return;
    const { width, height } = found.image;
    const { box } = fittedBox(cornersOf(fields, field), width, height, ROUNDING);
    if (box !== undefined) found.crowds.push({ label, box });
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
  }
}

function addObject(
  fields: Fields,
  field: string,
  { image, list, label }: Omit<ReadImage, 'crowds'> & { readonly label: string },
  { issues }: AnnotationContext,
  where: Pick<DataIssue, 'id' | 'fileName'>,
): void {
  const phrase = asOptionalText(fields.phrase, `${field}.phrase`);
  const fitted = fittedBox(cornersOf(fields, field), image.width, image.height, ROUNDING);
  const tell = (kind: DataIssue['kind'], message: string): void =>
    issues.add({ kind, field: `${field}.bbox`, message, ...where });
  if (fitted.box === undefined) {
    tell('leftOut', fitted.leftOut);
    return;
  }
  if (fitted.clipped !== undefined) tell('clipped', fitted.clipped);
  const object = { label, box: fitted.box, ...(phrase === undefined ? {} : { phrase }) };
  if (!list.add(object)) tell('leftOut', `the same ${shortText(label)} is there already`);
}

/** Undefined where the entry is there and bad itself. */
function entryOf<T>({ entries, bad }: Known<T>, given: unknown, field: string, what: string): T | undefined {
  const id = asId(given, field);
  const entry = entries.get(id);
  if (entry === undefined && !bad.has(id)) {
    throw new FieldError(field, `there is no ${what} with the id ${showValue(given)}`);
  }
  return entry;
}
