// The things that a training taught a model, which the detectors of its base may not know.

import { checkKeys, checkNumber, showValue } from '../checks/index.js';
import type { FileSource } from '../io/files.js';
import { readModelSettings } from './modelDeclaration.js';

/** A thing that a model learnt from labelled pictures. */
export interface Category {
  /** As a caption says it: "forklift". */
  readonly name: string;
  /** Its usual width over height; absent where it is not known. */
  readonly aspect?: number;
}

/** What a declaration may hold: how many categories, of how many letters, and which aspect ratios. */
export const categoryLimits = { count: 10_000, letters: 200, aspect: { min: 0.01, max: 100 } } as const;

/** Reads the categories of a declaration; throws an error that begins with `path` and names the field at fault. */
export function parseCategories(given: unknown, path: string): readonly Category[] {
  if (!Array.isArray(given) || given.length > categoryLimits.count) {
    throw new Error(
      `${path}: must be a list of at most ${categoryLimits.count} of { name, aspect }, not ${showValue(given)}`,
    );
  }
  const { letters } = categoryLimits;
  return given.map((each: unknown, i): Category => {
    const { name, aspect } = checkKeys(each, ['name', 'aspect'], `${path}[${i}]`);
    if (typeof name !== 'string' || name.trim() === '' || name.length > letters) {
      throw new Error(
        `${path}[${i}].name: must be a text of at most ${letters} letters, not ${showValue(name)}`,
      );
    }
    return {
      name,
      ...(aspect === undefined
        ? {}
        : { aspect: checkNumber(aspect, categoryLimits.aspect, `${path}[${i}].aspect`) }),
    };
  });
}

/** Those of `before` and of `added`, in this order; an added one replaces the one of its name. Of too many the first are left out. */
export function joinedCategories(before: readonly Category[], added: readonly Category[]): Category[] {
  const names = new Set(added.map(({ name }) => name));
  return [...before.filter(({ name }) => !names.has(name)), ...added].slice(-categoryLimits.count);
}

/** The categories in a model directory's spatiallock.json. Rejects with an error that names the field at fault. */
export async function readCategories(files: FileSource): Promise<readonly Category[]> {
  const { categories } = (await readModelSettings(files)) ?? {};
  return categories === undefined ? [] : parseCategories(categories, 'spatiallock.json: categories');
}
