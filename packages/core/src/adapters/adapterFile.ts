// An adapter as a file: what a training changed of a model, without the model.

import { checkBytes, checkKeys, checkObject, checkText, messageOf, showValue } from '../checks/index.js';
import type { Tensor, Tensors } from '../graph/tensor.js';
import { checkFiles, type FileSource } from '../io/files.js';
import { halfPrecision } from '../io/halfPrecision.js';
import { readSafetensors, writeSafetensors } from '../io/safetensors.js';
import { readSafetensorsHeader } from '../io/safetensorsHeader.js';
import { encodeUtf8, parseJson } from '../io/text.js';
import { type Category, parseCategories } from '../modules/categories.js';
import { type DeclaredModule, parseDeclaredModule } from '../modules/declaredModule.js';
import { adaptedFiles, type ModelChanges } from './adaptedFiles.js';
import { baseHash } from './baseHash.js';
import { type AddedDeclaration, declaredSettings } from './declaredSettings.js';
import type { VocabularyGrowth } from './growth.js';

/** The file's name in the folder that holds it. */
export const ADAPTER_FILE = 'adapter.safetensors';
const FORMAT = 'spatiallock-adapter';
const VERSION = '1';
const SETTINGS = 'spatiallock.json';
/** The name of the text embedding's new rows. */
const ROWS = 'text_encoder/new_rows';

/** What a training changed of a model, and of which. */
export interface Adapter extends ModelChanges, AddedDeclaration {
  readonly base: {
    readonly name?: string;
    /** See `baseHash`. */
    readonly hash: string;
  };
}

/** Options of `formatAdapter`. */
export interface FormatAdapterOptions {
  /** Half precision. Default true. */
  readonly float16?: boolean;
}

/** The bytes of a safetensors file: tensors are named FOLDER/NAME, the metadata say what they belong to. */
export function formatAdapter(adapter: Adapter, { float16 = true }: FormatAdapterOptions = {}): Uint8Array {
  checkObject(checkObject(adapter, 'adapter').base, 'adapter.base');
  checkObject(adapter.weights, 'adapter.weights');
  const { base, weights, growth, rows, plugins = [], categories = [] } = adapter;
  const tensors: Tensors = Object.fromEntries([
    ...Object.entries(weights).flatMap(([folder, own]) =>
      Object.entries(own).map(([name, given]): [string, Tensor] => [`${folder}/${name}`, given]),
    ),
    ...(rows ? [[ROWS, rows] as const] : []),
  ]);
  return writeSafetensors(float16 ? halfPrecision(tensors) : tensors, {
    format: FORMAT,
    version: VERSION,
    base: base.name ?? '',
    base_hash: base.hash,
    ...(growth ? { growth: JSON.stringify(growth) } : {}),
    ...(plugins.length > 0 ? { plugins: JSON.stringify(plugins) } : {}),
    ...(categories.length > 0 ? { categories: JSON.stringify(categories) } : {}),
  });
}

/**
 * Whether a file says that it is an adapter. `head` holds at least its safetensors header, `fileSize` is the whole file's length
 * in bytes. False for files of other kinds and for damaged ones.
 */
export function isAdapter(head: Uint8Array, fileSize?: number): boolean {
  checkBytes(head, 'head');
  try {
    return saysAdapter(readSafetensorsHeader(head, fileSize).metadata);
  } catch {
    return false;
  }
}

/** Whether the metadata of a safetensors file say that it is an adapter. */
export const saysAdapter = (metadata: Readonly<Record<string, string>>): boolean =>
  checkObject(metadata, 'metadata').format === FORMAT;

/** What the metadata of an adapter's file say of its base and of what it was taught; throws as `parseAdapter` does. */
export function describeAdapter(
  metadata: Readonly<Record<string, string>>,
  path = ADAPTER_FILE,
): { readonly base?: string; readonly categories?: readonly Category[] } {
  checkText(path, 'path');
  checkObject(metadata, 'metadata');
  const { base, categories } = metadata;
  return {
    ...(base ? { base } : {}),
    ...(categories === undefined
      ? {}
      : { categories: parseCategories(parseJson(categories, `${path}: categories`), `${path}: categories`) }),
  };
}

function inFile<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    const fix = 'copy it again, or write it anew by the same `train --save adapter`';
    throw new Error(`${path}: ${messageOf(cause)}; ${fix}`, { cause });
  }
}

/** Reads the bytes of an adapter's file; throws an error that names the field at fault. `path` names the file in errors. */
export function parseAdapter(bytes: Uint8Array, path = ADAPTER_FILE): Adapter {
  checkBytes(bytes, 'bytes');
  const { metadata } = inFile(path, () => readSafetensorsHeader(bytes));
  if (metadata.format !== FORMAT) {
    throw new Error(
      `${path}: is no adapter of SpatialLock (its metadata say format ${showValue(metadata.format)})`,
    );
  }
  if (metadata.version !== VERSION) {
    throw new Error(
      `${path}: is of version ${showValue(metadata.version)}, and this version of SpatialLock reads ${VERSION}; update it`,
    );
  }
  const { base: name = '', base_hash: hash = '', growth, plugins, categories } = metadata;
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`${path}: base_hash: must be 64 hexadecimal digits`);
  const { [ROWS]: rows, ...rest } = inFile(path, () => readSafetensors(bytes));
  const given = growth === undefined ? undefined : parseGrowth(parseJson(growth, `${path}: growth`), path);
  if ((given?.tokens.length ?? 0) !== (rows?.shape[0] ?? 0)) {
    throw new Error(`${path}: ${ROWS}: must hold a row for each of ${given?.tokens.length ?? 0} new tokens`);
  }
  return {
    base: { ...(name === '' ? {} : { name }), hash },
    weights: byFolder(rest, path),
    ...(given ? { growth: given } : {}),
    ...(rows ? { rows } : {}),
    ...(plugins === undefined ? {} : { plugins: parsePlugins(parseJson(plugins, `${path}: plugins`), path) }),
    ...(categories === undefined ? {} : { categories: describeAdapter(metadata, path).categories! }),
  };
}

/** The adapter over its base; rejects where the base is another model than the one that it was trained from. */
export async function withAdapter(base: FileSource, adapter: Adapter): Promise<FileSource> {
  checkFiles(base, 'base');
  checkText(checkObject(checkObject(adapter, 'adapter').base, 'adapter.base').hash, 'adapter.base.hash');
  const hash = await baseHash(base);
  if (hash === adapter.base.hash) return declaring(adaptedFiles(base, adapter), adapter);
  throw new Error(
    `adapter: was trained from ${adapter.base.name ?? 'another model'} (${adapter.base.hash.slice(0, 12)}), and this is another model (${hash.slice(0, 12)}); give the model that it was trained from`,
  );
}

/** The files, whose spatiallock.json declares this, too. */
function declaring(files: FileSource, { plugins = [], categories = [] }: AddedDeclaration): FileSource {
  if (plugins.length === 0 && categories.length === 0) return files;
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const settings = path === SETTINGS ? await declaredSettings(files, { plugins, categories }) : undefined;
    return settings ? encodeUtf8(JSON.stringify(settings)) : files.read(path);
  };
  return { ...files, read };
}

function byFolder(tensors: Tensors, path: string): Readonly<Record<string, Tensors>> {
  const folders = new Map<string, [string, Tensor][]>();
  for (const [name, given] of Object.entries(tensors)) {
    const [, folder, own] = /^([a-z][\w-]*)\/(.+)$/.exec(name) ?? [];
    if (folder === undefined || own === undefined) {
      throw new Error(`${path}: ${showValue(name)}: must be the name of a folder and of a tensor in it`);
    }
    const entries = folders.get(folder) ?? [];
    entries.push([own, given]);
    folders.set(folder, entries);
  }
  return Object.fromEntries([...folders].map(([folder, own]) => [folder, Object.fromEntries(own)]));
}

function parseGrowth(json: unknown, path: string): VocabularyGrowth {
  const where = `${path}: growth`;
  const { words, tokens, merges, firstId } = checkKeys(json, ['words', 'tokens', 'merges', 'firstId'], where);
  const texts = (value: unknown, field: string): readonly string[] => {
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
    throw new Error(`${where}.${field}: must be a list of texts`);
  };
  if (typeof firstId !== 'number' || !Number.isInteger(firstId) || firstId < 0) {
    throw new Error(`${where}.firstId: must be a whole number, not ${showValue(firstId)}`);
  }
  const pairs = texts(merges, 'merges');
  if (pairs.some((pair) => pair.split(' ').length !== 2))
    throw new Error(`${where}.merges: must be pairs "a b"`);
  return { words: texts(words, 'words'), tokens: texts(tokens, 'tokens'), merges: pairs, firstId };
}

function parsePlugins(json: unknown, path: string): readonly DeclaredModule[] {
  if (!Array.isArray(json)) throw new Error(`${path}: plugins: must be a list`);
  return json.map((each: unknown, i) => parseDeclaredModule(each, `${path}: plugins[${i}]`));
}
