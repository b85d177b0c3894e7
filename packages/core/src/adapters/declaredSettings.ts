// A model's spatiallock.json with what a trained model needs beside what its base declares.

import { checkList } from '../checks/index.js';
import { checkFiles, type FileSource } from '../io/files.js';
import type { JsonObject } from '../io/text.js';
import type { DeclaredModule } from '../modules/declaredModule.js';
import {
  formatModelDeclaration,
  type ModelDeclaration,
  parseModelDeclaration,
  readModelSettings,
} from '../modules/modelDeclaration.js';

/** The base's spatiallock.json with `declare` beside its own plugins; undefined where there is neither. */
export async function declaredSettings(
  base: FileSource,
  declare: readonly DeclaredModule[],
): Promise<JsonObject | undefined> {
  checkList(declare, 'declare', 'modules');
  checkFiles(base, 'base');
  const settings = await readModelSettings(base);
  const {
    plugins = [],
    detectors = {},
    ...declared
  }: Partial<ModelDeclaration> = (settings && parseModelDeclaration(settings)) ?? {};
  const nameOf = ({ module, export: name = '' }: DeclaredModule): string => `${module}#${name}`;
  const known = new Set(plugins.map(nameOf));
  const all = [...plugins, ...declare.filter((each) => !known.has(nameOf(each)))];
  if (settings === undefined && all.length === 0) return undefined;
  // Without a file of ours a seed means what it means in Python; that must stay so.
  const kept = settings ?? { generator: 'torch' };
  const own =
    all.length > 0 || Object.keys(detectors).length > 0
      ? { plugins: all, detectors, ...declared }
      : undefined;
  return { ...kept, ...(own ? formatModelDeclaration(own) : {}) };
}
