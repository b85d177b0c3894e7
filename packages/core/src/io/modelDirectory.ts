// Model directories in diffusers' layout: model_index.json and a folder for each component.

import { checkText } from '../checks/index.js';
import { messageOf } from '../checks/showValue.js';
import type { Tensors } from '../graph/tensor.js';
import { checkFiles, type FileSource, readFile, readJsonFile, type WeightOptions } from './files.js';
import { type ModelIndex, parseModelIndex, parseWeightMap } from './modelIndex.js';
import { checkSafetensors, openSafetensors, readSafetensorsHead } from './openSafetensors.js';
import { pickleCommands, pickleRefusal } from './pickle.js';
import { readSafetensors } from './safetensors.js';
import type { JsonObject } from './text.js';

/** What model_index.json says. Rejects when it is missing or malformed. */
export async function readModelIndex(source: FileSource): Promise<ModelIndex> {
  return parseModelIndex(await readJsonFile(source, 'model_index.json'));
}

/** A component's config.json, scheduler_config.json for the folder `scheduler`; '' is the source's own folder. */
export function readComponentConfig(source: FileSource, component: string): Promise<JsonObject> {
  return readJsonFile(source, configPath(component));
}

/**
 * All weights of a component, read from one safetensors file or from the shards that an index.json lists. The component ''
 * lies in the source's own folder, as a network that is published alone.
 *
 * Looks for diffusion_pytorch_model and model, first in the asked variant, then without one, then as fp16.
 * A source that has `weights` of its own is asked first. Where the source is a disk, numbers stay there until they are
 * asked for, see `openSafetensors`. Rejects with an error that names the file which is missing, truncated or malformed, and with what was
 * looked for when there is none.
 */
export async function readWeights(
  source: FileSource,
  component: string,
  options: WeightOptions = {},
): Promise<Tensors> {
  const weights = await readWeightsIfAny(source, component, options);
  return weights ?? Promise.reject(await noWeights(source, component, options.variant));
}

/** The weights of a component as `readWeights` gives them, or undefined when it has no such file. */
export async function readWeightsIfAny(
  source: FileSource,
  component: string,
  options: WeightOptions = {},
): Promise<Tensors | undefined> {
  checkFiles(source);
  checkText(component, 'component', 'the name of a folder');
  const given = await source.weights?.(component, options);
  if (given) return given;
  const found = await findWeights(source, component, options.variant);
  return 'looked' in found ? undefined : readFound(source, found, options);
}

/**
 * The paths of the files that `readWeights` would read of a component: one, or the shards that an index.json lists, whether or not
 * they are there; undefined where there is neither. Rejects where the index.json is malformed.
 */
export async function weightPaths(
  source: FileSource,
  component: string,
  variant?: string,
): Promise<readonly string[] | undefined> {
  checkFiles(source);
  checkText(component, 'component', 'the name of a folder');
  const found = await findWeights(source, component, variant);
  return 'looked' in found ? undefined : found.paths.map(({ path }) => path);
}

async function readFound(
  source: FileSource,
  { paths, tensors: promised }: FoundWeights,
  options: WeightOptions,
): Promise<Tensors> {
  const parts: Tensors[] = [];
  for (const file of paths) parts.push(await readOne(source, file, options));
  const weights: Tensors = Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
  for (const [name, path] of promised) {
    if (!Object.hasOwn(weights, name)) throw new Error(`${path}: the tensor ${name} is missing`);
  }
  return weights;
}

async function readOne(
  source: FileSource,
  { path, bytes }: FoundFile,
  options: WeightOptions,
): Promise<Tensors> {
  try {
    const file = bytes ? undefined : await source.onDisk?.(path);
    if (file) {
      const header = readSafetensorsHead(file);
      await checkSafetensors(file, header);
      return openSafetensors(file, options, header);
    }
    const { float32 = false } = options;
    return readSafetensors(bytes ?? (await readFile(source, path)), { float32 });
  } catch (cause) {
    const message = messageOf(cause);
    throw message.startsWith(path) ? cause : new Error(`${path}: ${message}`, { cause });
  }
}

/** A file that is there; with its bytes, where finding out meant reading it. */
interface FoundFile {
  readonly path: string;
  readonly bytes?: Uint8Array;
}

async function find(source: FileSource, path: string): Promise<FoundFile | undefined> {
  if (source.exists) return (await source.exists(path)) ? { path } : undefined;
  const bytes = await source.read(path);
  return bytes && { path, bytes };
}

interface FoundWeights {
  readonly paths: readonly FoundFile[];
  /** Tensors that an index.json lists, with the path of the file that should hold each. */
  readonly tensors: readonly (readonly [name: string, path: string])[];
}

/** The paths at which no weights were. */
interface MissingWeights {
  readonly looked: readonly string[];
}

/** PyTorch's own files, by the names that diffusers and transformers give them. */
const PICKLES = ['diffusion_pytorch_model', 'pytorch_model', 'model'].flatMap((stem) => [
  `${stem}.bin`,
  `${stem}.fp16.bin`,
  `${stem}.bin.index.json`,
]);

async function noWeights(source: FileSource, component: string, variant?: string): Promise<Error> {
  for (const name of [...PICKLES, 'model.onnx']) {
    const path = within(component, name);
    if (!(await find(source, path))) continue;
    return new Error(
      name === 'model.onnx'
        ? `${path}: is an ONNX export, which cannot be opened; give the folder in diffusers' layout that it was made from`
        : `${path}: ${pickleRefusal}; convert the folder with Python: ${pickleCommands.folder}`,
    );
  }
  const found = await findWeights(source, component, variant);
  const looked = 'looked' in found ? found.looked : [];
  return new Error(
    `${component === '' ? '' : `${component}: `}no weights found; looked for ${looked.join(', ')}`,
  );
}

async function findWeights(
  source: FileSource,
  component: string,
  variant?: string,
): Promise<FoundWeights | MissingWeights> {
  const looked: string[] = [];
  const variants = new Set([variant, undefined, 'fp16']);
  for (const kind of variants) {
    const suffix = kind === undefined ? '' : `.${kind}`;
    for (const stem of ['diffusion_pytorch_model', 'model']) {
      const single = within(component, `${stem}${suffix}.safetensors`);
      const file = await find(source, single);
      if (file) return { paths: [file], tensors: [] };
      const index = within(component, `${stem}.safetensors.index${suffix}.json`);
      if (await find(source, index)) return readShardIndex(source, component, index);
      looked.push(single, index);
    }
  }
  return { looked };
}

async function readShardIndex(source: FileSource, component: string, index: string): Promise<FoundWeights> {
  const map = parseWeightMap(await readJsonFile(source, index), index);
  const tensors = Object.entries(map).map(([name, file]) => [name, within(component, file)] as const);
  return { paths: [...new Set(tensors.map(([, path]) => path))].sort().map((path) => ({ path })), tensors };
}

/** The path of a component's configuration. */
export function configPath(component: string): string {
  return within(component, component === 'scheduler' ? 'scheduler_config.json' : 'config.json');
}

const within = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);
