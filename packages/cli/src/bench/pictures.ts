// The pictures of a folder that belong to layouts, by their names.

import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { plainName } from '@spatiallock/data';
import { counted } from '../counted.js';
import { InputError, reading, refuseFaults } from '../errors.js';
import type { BenchLayout } from './readLayouts.js';

const ENDINGS = ['.png', '.jpg', '.jpeg', '.webp', '.avif', '.tif', '.tiff'];

export interface LayoutPicture {
  readonly layout: BenchLayout;
  readonly path: string;
}

export interface FindPicturesOptions {
  /** Leaves layouts without a picture out, in place of refusing them. */
  readonly skipMissing: boolean;
  /**
   * Whether the layouts have no ids of their own, but their numbers from 0: pictures may then have `generate`'s names, "out-1.png"
   * for the first.
   */
  readonly numbered?: boolean;
  /** All layouts of the file, the names of whose pictures mean no other; default: those whose pictures are looked for. */
  readonly all?: readonly BenchLayout[];
}

/**
 * The pictures below `folder` that belong to each layout: a file, or a folder of several, named by the layout's id alone,
 * followed by "_" (C-Bench's "0001_a dog/7.png") or after one (COCO-MIG's "a photo of ..._6.png"). An id that is a file's name
 * (COCO's "sub/b.jpg") is found by its whole path, without its ending, or without its folders, where only one layout is
 * meant; of pictures that fit a layout in several of these ways, the nearest counts. Where no name fits so, numbers with other zeros
 * before them do ("000003.png"), and then those of `generate`. Names that begin with a dot are none of pictures. Gives them in the order of
 * the layouts. Throws an InputError that counts the layouts without a picture, or lists the names that several layouts have.
 */
export async function findPictures(
  folder: string,
  layouts: readonly BenchLayout[],
  { skipMissing, numbered = false, all = layouts }: FindPicturesOptions,
): Promise<LayoutPicture[]> {
  requireOwnNames(layouts, all);
  const files = await picturesIn(folder);
  const wanted = new Set(layouts);
  // A folder is read in one way: its pictures were named by one hand.
  const named = byName(files, all);
  const everyOne = named.length > 0 ? named : numberedPictures(folder, files, all, numbered);
  const found = everyOne.filter(({ layout }) => wanted.has(layout));
  const has = new Set(found.map(({ layout }) => layout));
  // What shows nothing of the classes is often not handed on.
  const missing = layouts.filter((layout) => layout.objects.length > 0 && !has.has(layout));
  if (missing.length > 0 && !skipMissing) {
    const [{ id }] = missing as [BenchLayout];
    const wanted = numbered ? `${namesOf(id)}, or as generate does, NAME-1.png for the first` : namesOf(id);
    throw new InputError(
      `--images: ${missing.length} of ${counted(layouts.length, 'layout')} ${missing.length === 1 ? 'has' : 'have'} no picture, the first ${id}; ` +
        `name pictures by the layout's id, as ${wanted}, or leave these layouts out by --skip-missing`,
    );
  }
  // Of equal scores COCO's rules take those of the earlier image first.
  const place = new Map(layouts.map((layout, i) => [layout, i]));
  return found
    .map(({ layout, path }) => ({ layout, path: join(folder, path) }))
    .sort((a, b) => place.get(a.layout)! - place.get(b.layout)!);
}

/** Throws an InputError that lists what is asked for by a name that another layout has, too: a picture of it would be of either. */
function requireOwnNames(layouts: readonly BenchLayout[], all: readonly BenchLayout[]): void {
  const counts = countsOf(all.map(({ id }) => plainName(id)));
  const names = new Set(layouts.map(({ id }) => plainName(id)));
  const faults = [...names].flatMap((name) => {
    const count = counts.get(name) ?? 0;
    return count > 1 ? [`--layouts: ${count} images have the file name ${name}`] : [];
  });
  const advice =
    'a picture by such a name is of no one of them: put the annotations of a file under one image';
  refuseFaults('--layouts: ', faults, advice);
}

/** Pictures by their numbers. Throws an InputError where some have the number of no layout: then numbers mean something else. */
function numberedPictures(
  folder: string,
  files: readonly string[],
  layouts: readonly BenchLayout[],
  numbered: boolean,
): LayoutPicture[] {
  const ways = [byNumber, ...(numbered ? [byGenerated] : [])];
  const found = ways.map((way) => way(files, layouts)).find(({ length }) => length > 0) ?? [];
  const paths = new Set(found.map(({ path }) => path));
  const other = files.find((path) => !paths.has(path) && /\d$/.test(withoutEnding(path)));
  if (found.length === 0 || other === undefined) return found;
  throw new InputError(
    `--images: ${folder}: ${other} has the number of no layout; where each layout was painted several times (--count), numbers are ` +
      `those of the pictures: name them by their layouts' ids, or judge them by a file with a layout for each`,
  );
}

/** The paths of pictures below a folder, as seen from there, in the order of their names. */
async function picturesIn(folder: string): Promise<string[]> {
  const entries = await reading(
    () => readdir(folder, { recursive: true, withFileTypes: true }),
    `--images: ${folder}: `,
  );
  const paths = entries
    // Caches of the hub hold links to their pictures.
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && endingOf(entry.name) !== '')
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .filter((path) => !path.split(sep).some((part) => part.startsWith('.')));
  return paths.sort();
}

/** What layouts may be called, the nearest names first; one that several layouts share is none. */
const NAMES: readonly ((id: string) => string)[] = [
  (id) => id,
  withoutEnding,
  lastPart,
  (id) => withoutEnding(lastPart(id)),
];

function byName(files: readonly string[], layouts: readonly BenchLayout[]): LayoutPicture[] {
  const indexes = NAMES.map((nameOf) => uniqueBy(layouts, ({ id }) => nameOf(plainName(id))));
  const all = files.flatMap((path) => {
    const names = candidates(path);
    const whole = [posix(path), withoutEnding(posix(path))];
    for (const [distance, index] of indexes.entries()) {
      const name = names.find((each) => index.has(each));
      if (name !== undefined) {
        return [{ layout: index.get(name)!, path, distance, isWhole: whole.includes(name) }];
      }
    }
    return [];
  });
  // Of names that differ by their folders all count as whole paths where one does: the rest are of other folders.
  const counts = countsOf(layouts.map(bareName));
  const byPath = new Set(all.filter(({ isWhole }) => isWhole).map(({ layout }) => bareName(layout)));
  const found = all.filter(({ layout, isWhole }) => {
    const name = bareName(layout);
    return isWhole || counts.get(name) === 1 || !byPath.has(name);
  });
  const nearest = new Map<BenchLayout, number>();
  for (const { layout, distance } of found) {
    nearest.set(layout, Math.min(distance, nearest.get(layout) ?? distance));
  }
  return found.filter(({ layout, distance }) => nearest.get(layout) === distance);
}

/** The name of a layout's picture without its folders and its ending. */
const bareName = ({ id }: BenchLayout): string => withoutEnding(lastPart(plainName(id)));

/** How often each name is there. */
function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Pictures whose numbers have other zeros before them than the layouts' ids, as `dataset` names its own. */
function byNumber(files: readonly string[], layouts: readonly BenchLayout[]): LayoutPicture[] {
  const numbers = uniqueBy(layouts, (layout) => plainNumber(bareName(layout)));
  return files.flatMap((path): LayoutPicture[] => {
    const layout = numbers.get(plainNumber(withoutEnding(lastPart(posix(path)))) ?? '');
    return layout === undefined ? [] : [{ layout, path }];
  });
}

/** Pictures that `generate` numbered from 1, "out-1.png", where all have one name before their numbers. */
function byGenerated(files: readonly string[], layouts: readonly BenchLayout[]): LayoutPicture[] {
  const numbers = files.map((path) => /^(.*)-([1-9]\d*)$/.exec(withoutEnding(path)));
  const stems = new Set(numbers.map((match) => match?.[1]));
  if (stems.size !== 1 || stems.has(undefined)) return [];
  const ids = uniqueBy(layouts, ({ id }) => id);
  return files.flatMap((path, i): LayoutPicture[] => {
    const layout = ids.get(String(Number(numbers[i]![2]) - 1));
    return layout === undefined ? [] : [{ layout, path }];
  });
}

/** Layouts by a name; those that share one are left out. */
function uniqueBy(
  layouts: readonly BenchLayout[],
  nameOf: (layout: BenchLayout) => string | undefined,
): ReadonlyMap<string, BenchLayout> {
  const all = new Map<string, BenchLayout | undefined>();
  for (const layout of layouts) {
    const name = nameOf(layout);
    if (name !== undefined) all.set(name, all.has(name) ? undefined : layout);
  }
  return new Map([...all].filter((entry): entry is [string, BenchLayout] => entry[1] !== undefined));
}

/** The names by which a path may mean a layout: ends of the path, its file, and its folders. */
function candidates(path: string): string[] {
  const parts = posix(path).split('/');
  const ends = parts.map((_, i) => parts.slice(i).join('/')).flatMap((end) => [end, withoutEnding(end)]);
  const single = parts
    .map((part, i) => (i === parts.length - 1 ? withoutEnding(part) : part))
    .reverse()
    .flatMap((name) => [name, name.split('_', 1)[0]!, name.slice(name.lastIndexOf('_') + 1)]);
  return [...ends, ...single];
}

/** How a picture of a layout may be called, for messages. */
function namesOf(id: string): string {
  const plain = `${withoutEnding(id)}.png`;
  return plain === id || endingOf(id) === '' ? plain : `${id} or ${plain}`;
}

const posix = (path: string): string => plainName(path.split(sep).join('/'));

/** The digits of a number without zeros before it; undefined for any other text. */
const plainNumber = (text: string): string | undefined =>
  /^\d+$/.test(text) ? text.replace(/^0+(?=\d)/, '') : undefined;

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The ending of a picture's name; empty for other files. */
function endingOf(path: string): string {
  const ending = extname(path);
  return ENDINGS.includes(ending.toLowerCase()) ? ending : '';
}

function withoutEnding(path: string): string {
  const ending = endingOf(path);
  return ending === '' ? path : path.slice(0, -ending.length);
}
