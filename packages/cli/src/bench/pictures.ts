// The pictures of a folder that belong to layouts, by their names.

import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { BenchmarkLayout } from '@spatiallock/data/benchmarks';
import { InputError, reading } from '../errors.js';

const ENDINGS = ['.png', '.jpg', '.jpeg', '.webp', '.avif', '.tif', '.tiff'];

export interface LayoutPicture {
  readonly layout: BenchmarkLayout;
  readonly path: string;
}

/**
 * The pictures below `folder` that belong to each layout: a file, or a folder of several, named by the layout's id alone,
 * followed by "_" (C-Bench's "0001_a dog/7.png") or after one (COCO-MIG's "a photo of ..._6.png"). Throws an InputError that counts
 * the layouts without a picture, unless `skipMissing` leaves them out.
 */
export async function findPictures(
  folder: string,
  layouts: readonly BenchmarkLayout[],
  skipMissing: boolean,
): Promise<LayoutPicture[]> {
  const entries = await reading(
    () => readdir(folder, { recursive: true, withFileTypes: true }),
    `--images: ${folder}: `,
  );
  const files = entries
    .filter((entry) => entry.isFile() && ENDINGS.includes(extname(entry.name).toLowerCase()))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const ids = new Map(layouts.map((layout) => [layout.id, layout]));
  const found = files.flatMap((path): LayoutPicture[] => {
    const layout = layoutOf(relative(folder, path), ids);
    return layout === undefined ? [] : [{ layout, path }];
  });
  const missing = layouts.filter((layout) => !found.some((picture) => picture.layout === layout));
  if (missing.length > 0 && !skipMissing) {
    const [first] = missing;
    throw new InputError(
      `--images: ${missing.length} of ${layouts.length} layouts have no picture, the first ${first!.id}; ` +
        `name pictures by the layout's id, as ${first!.id}.png, or leave these layouts out by --skip-missing`,
    );
  }
  return found;
}

function layoutOf(path: string, ids: ReadonlyMap<string, BenchmarkLayout>): BenchmarkLayout | undefined {
  const parts = path.split(sep).reverse();
  for (const [i, part] of parts.entries()) {
    const name = i === 0 ? part.slice(0, -extname(part).length) : part;
    for (const candidate of [part, name, name.split('_', 1)[0]!, name.slice(name.lastIndexOf('_') + 1)]) {
      const layout = ids.get(candidate);
      if (layout !== undefined) return layout;
    }
  }
  return undefined;
}
