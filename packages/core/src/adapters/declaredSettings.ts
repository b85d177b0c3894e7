// A model's spatiallock.json with what a trained model needs beside what its base declares.

import { checkKeys, checkList } from '../checks/index.js';
import { checkFiles, type FileSource } from '../io/files.js';
import type { JsonObject } from '../io/text.js';
import { type Category, joinedCategories, parseCategories, readCategories } from '../modules/categories.js';
import type { DeclaredModule } from '../modules/declaredModule.js';
import {
  formatModelDeclaration,
  type ModelDeclaration,
  parseModelDeclaration,
  readModelSettings,
} from '../modules/modelDeclaration.js';

/** What a training declares beside what its base does. */
export interface AddedDeclaration {
  readonly plugins?: readonly DeclaredModule[];
  /** They replace those of their names. */
  readonly categories?: readonly Category[];
}

/** The base's spatiallock.json with what is added to its declaration; undefined where there is neither. */
export async function declaredSettings(
  base: FileSource,
  added: AddedDeclaration,
): Promise<JsonObject | undefined> {
  checkFiles(base, 'base');
  const { plugins: more = [], categories: taught = [] } = checkKeys(
    added,
    ['plugins', 'categories'],
    'added',
  );
  const settings = await readModelSettings(base);
  const {
    plugins = [],
    detectors = {},
    ...declared
  }: Partial<ModelDeclaration> = (settings && parseModelDeclaration(settings)) ?? {};
  const nameOf = ({ module, export: name = '' }: DeclaredModule): string => `${module}#${name}`;
  const known = new Set(plugins.map(nameOf));
  const fresh = (checkList(more, 'added.plugins', 'modules') as DeclaredModule[]).filter(
    (each) => !known.has(nameOf(each)),
  );
  const all = [...plugins, ...fresh];
  const categories = joinedCategories(
    await readCategories(base),
    parseCategories(taught, 'added.categories'),
  );
  if (settings === undefined && all.length === 0 && categories.length === 0) return undefined;
  // Without a file of ours a seed means what it means in Python; that must stay so.
  const kept = settings ?? { generator: 'torch' };
  const own =
    all.length > 0 || Object.keys(detectors).length > 0
      ? { plugins: all, detectors, ...declared }
      : undefined;
  return {
    ...kept,
    ...(own ? formatModelDeclaration(own) : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
}
