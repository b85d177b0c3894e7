// Modules of plugins and detectors, by `import`: packages and files of this machine.

import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '@spatiallock/core';
import { checkCallback, checkKeys, checkText } from '@spatiallock/core/checks';
import { isModulePath, type ModuleLoader } from '@spatiallock/core/modules';
import { directory, isDirectory } from '../directory.js';

/** Options of `nodeModules`. */
export interface NodeModulesOptions {
  /** The folder whose packages are found beside those of this package. Default: the working directory. */
  readonly from?: string;
  /** Imports a package where this one cannot see it. Default: `import` of this package. */
  readonly importPackage?: (specifier: string) => Promise<unknown>;
}

const ownImport = (specifier: string): Promise<unknown> => import(/* @vite-ignore */ specifier);

/**
 * Loads packages and files. What is loaded runs with all rights of the process: name only modules that you trust. Rejects
 * with an error that begins with the specifier and says what to do.
 */
export function nodeModules(options: NodeModulesOptions = {}): ModuleLoader {
  checkKeys(options, ['from', 'importPackage'], 'options');
  if (options.from !== undefined) checkText(options.from, 'options.from', 'the path of a folder');
  checkCallback(options.importPackage, 'options.importPackage');
  const { from = '.', importPackage = ownImport } = options;
  return {
    load: async (specifier) =>
      isModulePath(specifier) ? importFile(specifier) : importNamed(specifier, from, importPackage),
    files: async (folder) => directory(folderOf(folder, await packageFolder(packageOf(folder), from))),
  };
}

async function importFile(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new Error(`${path}: there is no such file; give the path of a module`);
  return imported(path, () => ownImport(pathToFileURL(path).href));
}

async function importNamed(
  specifier: string,
  from: string,
  importPackage: (specifier: string) => Promise<unknown>,
): Promise<unknown> {
  for (const load of [importPackage, ownImport]) {
    try {
      return await load(specifier);
    } catch (cause) {
      if (!isMissing(cause, specifier)) throw faultOf(specifier, cause);
    }
  }
  const file = resolveFrom(specifier, from);
  if (file !== undefined) return imported(specifier, () => ownImport(pathToFileURL(file).href));
  throw new Error(`${specifier}: is not installed; npm install ${packageOf(specifier)}, if you trust it`);
}

async function imported(name: string, load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load();
  } catch (cause) {
    throw faultOf(name, cause);
  }
}

const faultOf = (name: string, cause: unknown): Error =>
  new Error(`${name}: cannot be loaded: ${messageOf(cause)}`, { cause });

/** Whether the package itself was not found, rather than something that it imports. */
function isMissing(cause: unknown, specifier: string): boolean {
  const message = messageOf(cause);
  if (!/Cannot find (package|module)|Failed to (load|resolve)|is not defined by "exports"/.test(message)) {
    return false;
  }
  return message.includes(packageOf(specifier));
}

function resolveFrom(specifier: string, from: string): string | undefined {
  try {
    return createRequire(join(resolve(from), 'package.json')).resolve(specifier);
  } catch {
    return undefined;
  }
}

/** The name of the package that a specifier begins with. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const folderOf = (folder: string, root: string): string =>
  join(root, ...folder.slice(packageOf(folder).length + 1).split('/'));

/** Where a package lies: beside this one, or beside the folder `from`. */
async function packageFolder(name: string, from: string): Promise<string> {
  for (const place of [import.meta.url, join(resolve(from), 'package.json')]) {
    const folder = folderSeenFrom(name, place);
    if (folder !== undefined) return folder;
  }
  throw new Error(`${name}: is not installed; npm install ${name}`);
}

function folderSeenFrom(name: string, place: string): string | undefined {
  try {
    return dirname(createRequire(place).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** A folder of a package of ours, if it is there. */
export async function ownFolder(folder: string): Promise<string | undefined> {
  const root = folderSeenFrom(packageOf(folder), import.meta.url);
  if (root === undefined) return undefined;
  const path = folderOf(folder, root);
  return (await isDirectory(path)) ? path : undefined;
}

/** The entries of a package of ours, as its package.json names them; none where it is not installed. */
export function entriesOf(name: string): readonly string[] {
  try {
    const { exports = {} } = createRequire(import.meta.url)(`${name}/package.json`) as {
      readonly exports?: object;
    };
    return Object.keys(exports);
  } catch {
    return [];
  }
}
