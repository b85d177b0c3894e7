// Where a model comes from: a folder, a file, a cache or the hub, with what the user lays over it.

import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import {
  type Checkpoint,
  clipTokenizerSource,
  type Embedding,
  openCheckpoint,
  type Prediction,
  readEmbedding,
  singleFileSource,
  type VaeSource,
  vaeOfFile,
  withEmbeddings,
  withGrounding,
  withVae,
} from '@spatiallock/checkpoints';
import type { FileSource } from '@spatiallock/core';
import { ADAPTER_FILE, type Adapter, parseAdapter, withAdapter } from '@spatiallock/core/adapters';
import { checkKeys, messageOf } from '@spatiallock/core/checks';
import {
  type JsonObject,
  parseJsonObject,
  readComponentConfig,
  readWeights,
  readWeightsIfAny,
} from '@spatiallock/core/io';
import { checkPath } from './checkPath.js';
import { directory, isDirectory, openFile } from './directory.js';
import { codeOf, fileFault } from './fileFault.js';
import {
  type HubOptions,
  hubFile,
  hubFileOf,
  hubSnapshot,
  idOfFolder,
  isHubId,
  snapshotIn,
} from './hub/index.js';
import { textBeside } from './textBeside.js';
import { withoutIndex } from './withoutIndex.js';

/** An embedding's file; `token` is the word that prompts name it by, default: the file's own, or its name. */
export interface EmbeddingFile {
  readonly path: string;
  readonly token?: string;
}

/** Options of `modelSource`: the revision of a model of the hub, and what is laid over the model. */
export interface ModelSourceOptions extends HubOptions {
  /** Another autoencoder: a folder with its config.json, a model directory, or a file (VAE or TAESD). */
  readonly vae?: string;
  /** A file of GLIGEN's grounding layers, in the names of the original, of ComfyUI or of diffusers. */
  readonly grounding?: string;
  /** Textual inversions (.safetensors), as paths or with a word of one's own. */
  readonly embeddings?: readonly (string | EmbeddingFile)[];
  /** What a training learnt of this model: the folder that `train --save adapter` wrote, or the file in it. */
  readonly adapter?: string;
  /** A folder with a tokenizer, for a single file whose vocabulary is not CLIP's. */
  readonly tokenizer?: string;
  /** A model directory whose config.json files count for a single file, instead of what its shapes tell. */
  readonly config?: string;
  /** What a single file predicts; default: what the file tells. */
  readonly prediction?: Prediction['type'];
}

/** Names of `ModelSourceOptions`. */
export const SOURCE_OPTIONS = [
  ...['adapter', 'vae', 'grounding', 'embeddings', 'tokenizer', 'config', 'prediction'],
  ...['revision', 'token', 'variant', 'onDownload', 'onWarning', 'settings', 'wait'],
] as const;

/** Where a model's files come from. */
export interface ModelSource {
  readonly files: FileSource;
  /** What it is called where it says nothing itself. */
  readonly name: string;
  /** Folders and files on this disk that it is made of. */
  readonly places: readonly string[];
  /** Whether it comes from the hub. */
  readonly remote?: boolean;
  /** Set where the model is one file. */
  readonly checkpoint?: Checkpoint;
  /** The folders that the adapter has weights for, components and those of plugins. */
  readonly adapted?: readonly string[];
}

/**
 * A model as a source of files in diffusers' layout: a model directory, a single file (.safetensors), a folder of the hub's
 * cache (`models--owner--name`), or the id of a model of the hub (`owner/name`) or of a file there
 * (`owner/name/file.safetensors`), which is downloaded where it is not cached.
 * Rejects with an error that says what was found instead.
 */
export async function modelSource(model: string, options: ModelSourceOptions = {}): Promise<ModelSource> {
  checkPath(model, 'model', 'the path of a model, or its id on the hub');
  checkKeys(options, [...SOURCE_OPTIONS, 'signal'], 'options');
  const base = await baseOf(model, options);
  let { files } = base;
  const places = [...base.places];
  const lay = async (path: string, over: (files: FileSource, path: string) => Promise<FileSource>) => {
    files = await over(files, path);
    places.push(resolve(path));
  };
  if (options.vae !== undefined)
    await lay(options.vae, async (over, path) => withVae(over, await vaeAt(path)));
  if (options.grounding !== undefined)
    await lay(options.grounding, async (over, path) => withGrounding(over, await checkpointAt(path)));
  // Grounding layers are what it may have learnt from; embeddings come beside it.
  let adapted: readonly string[] | undefined;
  const adapt = async (over: FileSource, path: string): Promise<FileSource> => {
    const adapter = await adapterAt(path);
    adapted = Object.keys(adapter.weights);
    return withAdapter(over, adapter);
  };
  if (options.adapter !== undefined) await lay(options.adapter, adapt).catch(namingAdapter);
  const embeddings: Embedding[] = [];
  for (const given of options.embeddings ?? []) {
    const { path, token }: EmbeddingFile = typeof given === 'string' ? { path: given } : given;
    embeddings.push(await readEmbedding(await checkpointAt(path), stemOf(path), token));
    places.push(resolve(path));
  }
  return { ...base, files: await withEmbeddings(files, embeddings), places, ...(adapted ? { adapted } : {}) };
}

async function baseOf(model: string, options: ModelSourceOptions): Promise<ModelSource> {
  const found = await stat(model).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    throw cause;
  });
  if (found?.isFile()) return singleFile(model, options);
  const remote = found ? undefined : hubFileOf(model);
  if (remote) return { ...(await singleFile(await hubFile(remote, options), options)), remote: true };
  requireNone(model, options);
  if (found) return folderSource(model, options);
  if (!isHubId(model)) {
    throw new Error(
      `${model}: there is no such file or folder; give the path of a model, or its id on the hub, owner/name or owner/name/file.safetensors`,
    );
  }
  const folder = await hubSnapshot(model, options);
  return { files: filesOf(folder, options.variant), name: model, places: [folder], remote: true };
}

/** Options of single files have no meaning elsewhere. */
function requireNone(model: string, options: ModelSourceOptions): void {
  const idle = (['tokenizer', 'config', 'prediction'] as const).find((name) => options[name] !== undefined);
  if (idle) throw new Error(`options.${idle}: belongs to a single file; ${model} is none`);
}

async function folderSource(model: string, options: ModelSourceOptions): Promise<ModelSource> {
  const id = idOfFolder(resolve(model));
  const cached = id !== undefined && (await isDirectory(join(model, 'snapshots')));
  const folder = cached ? await snapshotIn(model, options.revision) : model;
  const name = cached ? id : basename(resolve(model));
  if (!(await openFile(join(folder, 'model_index.json')))) throw new Error(await withoutIndex(folder));
  return { files: filesOf(folder, options.variant), name, places: [folder], remote: cached };
}

/** A folder's files; weights in the asked variant, which may lie beside others that were downloaded before. */
function filesOf(folder: string, variant: string | undefined): FileSource {
  const files = directory(folder);
  if (variant === undefined) return files;
  return {
    ...files,
    weights: (component, options) =>
      readWeightsIfAny(files, component, { ...options, variant: options.variant ?? variant }),
  };
}

async function singleFile(path: string, options: ModelSourceOptions): Promise<ModelSource> {
  const checkpoint = await checkpointAt(path);
  const { config, tokenizer, prediction } = options;
  const files = singleFileSource(checkpoint, {
    yaml: await textBeside(path, ['.yaml', '.yml']),
    ...(prediction === undefined ? {} : { prediction }),
    ...(config === undefined ? {} : { config: directory(await folderAt(config, 'config')) }),
    ...(tokenizer === undefined ? {} : { tokenizer: directory(await tokenizerAt(tokenizer)) }),
    clip: async (padToken) => clipTokenizerSource(await clipMerges(), padToken),
  });
  return { files, name: stemOf(path), places: [resolve(path)], checkpoint };
}

/** The text of CLIP's merges.txt. */
async function clipMerges(): Promise<string> {
  return readFile(
    createRequire(import.meta.url).resolve('@spatiallock/checkpoints/assets/clip-merges.txt'),
    'utf8',
  );
}

/** Opens a safetensors file; errors begin with its path. */
export async function checkpointAt(path: string): Promise<Checkpoint> {
  checkPath(path, 'path', 'the path of a file');
  const file = await openFile(path);
  if (file) return openCheckpoint(file, path);
  throw new Error(
    `${path}: ${(await isDirectory(path)) ? 'is a folder, and should be a file' : 'there is no such file'}`,
  );
}

async function vaeAt(path: string): Promise<VaeSource> {
  if (!(await isDirectory(path))) {
    const beside = await configBeside(path);
    return vaeOfFile(await checkpointAt(path), beside);
  }
  const whole = await openFile(join(path, 'model_index.json'));
  const [root, component] = whole ? [path, 'vae'] : [dirname(resolve(path)), basename(resolve(path))];
  const files = directory(root);
  return {
    config: await readComponentConfig(files, component),
    weights: () => readWeights(files, component, { float32: true }),
  };
}

/** The config.json in the folder of a file, where it is an autoencoder's. */
async function configBeside(path: string): Promise<JsonObject | undefined> {
  const text = await textBeside(join(dirname(path), 'config'), ['.json']);
  const config = text === undefined ? undefined : parseJsonObject(text, join(dirname(path), 'config.json'));
  return /^Autoencoder/.test(String(config?._class_name)) ? config : undefined;
}

/** Puts the option before an error that does not name it. */
function namingAdapter(cause: unknown): never {
  const message = messageOf(cause);
  throw message.startsWith('adapter: ') ? cause : new Error(`adapter: ${message}`, { cause });
}

/** Reads an adapter from its folder or file; errors begin with its path. */
async function adapterAt(path: string): Promise<Adapter> {
  const file = (await isDirectory(path)) ? join(path, ADAPTER_FILE) : path;
  const bytes = await readFile(file).catch((cause: unknown) => {
    if (codeOf(cause) !== 'ENOENT') throw fileFault(file, 'read', cause);
    throw new Error(`${path}: there is no ${ADAPTER_FILE}; give the folder of an adapter`, { cause });
  });
  return parseAdapter(new Uint8Array(bytes), file);
}

async function tokenizerAt(path: string): Promise<string> {
  const folder = await folderAt(path, 'tokenizer');
  const within = join(folder, 'tokenizer');
  return (await isDirectory(within)) ? within : folder;
}

async function folderAt(path: string, option: string): Promise<string> {
  if (await isDirectory(path)) return path;
  throw new Error(`options.${option}: there is no folder ${path}`);
}

/** A file's name without its extension. */
const stemOf = (path: string): string => basename(path, extname(path));
