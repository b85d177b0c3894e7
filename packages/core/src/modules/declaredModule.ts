// A module that a model directory or a user names.

import { checkKeys, checkObject, showValue } from '../checks/index.js';

/** A module that a model directory, a flag or a program names. */
export interface DeclaredModule {
  /** What `import` takes: the name of a package or one of its entries; or the absolute path of a file on this machine. */
  readonly module: string;
  /** The export that is meant; default: the default one, or `plugin` or `detector`. */
  readonly export?: string;
  /** What it is made with, as JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The folder of its weights: of the model directory, or of a package, `@spatiallock/detectors/weights/query`. */
  readonly folder?: string;
}

const PACKAGE = /^(@[\w.~-]+\/)?[\w.~-]+(\/[\w.~-]+)*$/;
const FILE = /^(\/|[a-zA-Z]:[\\/](?!\/)).*\.[cm]?[jt]s$/;
const MOST_LETTERS = 1024;

/** Whether a specifier is the path of a file rather than a package. */
export const isModulePath = (specifier: string): boolean => FILE.test(specifier);

/** Checks one entry of a declaration; `path` names it in errors. */
export function parseDeclaredModule(given: unknown, path: string): DeclaredModule {
  const fields = checkKeys(given, ['module', 'export', 'options', 'folder'], path);
  const { module, export: name, options, folder } = fields;
  if (typeof module !== 'string' || !isSpecifier(module)) {
    throw new Error(
      `${path}.module: must be the name of a package, such as @someone/plugin, or the absolute path of a module, not ${showValue(module)}`,
    );
  }
  if (name !== undefined && (typeof name !== 'string' || !/^[\w$]{1,200}$/.test(name))) {
    throw new Error(`${path}.export: must be the name of an export, not ${showValue(name)}`);
  }
  if (folder !== undefined && (typeof folder !== 'string' || !isInside(folder))) {
    throw new Error(
      `${path}.folder: must be a folder of the model or of a package, such as adapter, not ${showValue(folder)}`,
    );
  }
  return {
    module,
    ...(name === undefined ? {} : { export: name }),
    ...(options === undefined ? {} : { options: checkObject(options, `${path}.options`) }),
    ...(folder === undefined ? {} : { folder }),
  };
}

const isSpecifier = (text: string): boolean =>
  text.length <= MOST_LETTERS && (isInside(text) || (FILE.test(text) && isPlainPath(text)));

/** Whether an absolute path is in its normal form; `c://` is the beginning of an address. */
const isPlainPath = (text: string): boolean =>
  !/[\0\n\r]|:\/\//.test(text) && text.split(/[\\/]/).every((part) => !/^\.{1,2}$/.test(part));

/** A relative path, of which no part leads upwards. */
const isInside = (text: string): boolean =>
  text.length <= MOST_LETTERS && PACKAGE.test(text) && text.split('/').every((part) => !/^\.+$/.test(part));
