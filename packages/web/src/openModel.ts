// What a visitor gives, opened as a model: folders, single files, add-ons beside them, and addresses.

import {
  type Checkpoint,
  clipTokenizerSource,
  describeCheckpoint,
  describeDirectory,
  type ModelDescription,
  openCheckpoint,
  readEmbedding,
  singleFileSource,
  vaeOfFile,
  withEmbeddings,
  withGrounding,
  withVae,
} from '@spatiallock/checkpoints';
import type { FileSource } from '@spatiallock/core';
import { checkObject } from '@spatiallock/core/checks';
import {
  decodeUtf8,
  parseJsonObject,
  pickleCommands,
  pickleRefusal,
  readModelIndex,
  weightPaths,
} from '@spatiallock/core/io';
import { downloaded } from './download/download.js';
import { modelAddress, type RemoteOptions, remoteSource } from './download/remoteSource.js';
import { blobBytes, blobFile } from './files/blobFile.js';
import { checkPicked, type ListedFiles, type PickedFile, pickedSource } from './files/pickedFiles.js';

/** What a visitor gives. */
export interface ModelGiven {
  /** A folder's files, or one or several files; or an address. */
  readonly model: readonly PickedFile[] | string;
  /** Files to lay over the model: grounding layers, an autoencoder, embeddings. */
  readonly added?: readonly PickedFile[];
}

/** Options of `openModel`: the store that an address needs, and CLIP's tokenizer. */
export interface OpenModelOptions extends Partial<RemoteOptions> {
  /** The text of `@spatiallock/checkpoints/assets/clip-merges.txt`, asked for where a single file needs CLIP's tokenizer. */
  readonly clipMerges: () => Promise<string>;
}

/** What `openModel` gives. */
export interface OpenedModel {
  readonly name: string;
  readonly files: FileSource;
  /** Of the model itself, without what is laid over it. */
  readonly description: ModelDescription;
  /** What is laid over it, in words. */
  readonly added: readonly string[];
}

function checkGiven(given: unknown): void {
  const { model, added = [] } = checkObject(given, 'given');
  if (typeof model !== 'string') checkPicked(model, 'given.model');
  checkPicked(added, 'given.added');
}

/**
 * Opens what a visitor gave as a source of files in diffusers' layout, for `loadModel` of the core, in a worker. Weights
 * stay where they are until they are asked for; those of an address are downloaded into `options.store`. Rejects with one
 * line that names the file at fault and says what to give.
 */
export async function openModel(given: ModelGiven, options: OpenModelOptions): Promise<OpenedModel> {
  checkGiven(given);
  checkObject(options, 'options');
  const { open = blobFile } = options;
  const opened =
    typeof given.model === 'string'
      ? await ofAddress(given.model, options)
      : await ofFiles(given.model, options);
  const checkpoints = (given.added ?? []).map(({ path, blob }) => openCheckpoint(open(blob, path), path));
  return withAdded(opened, [...opened.beside, ...checkpoints]);
}

interface Base extends Omit<OpenedModel, 'added'> {
  /** Files that were given with the model, to lay over it. */
  readonly beside: readonly Checkpoint[];
}

async function ofFiles(picked: readonly PickedFile[], options: OpenModelOptions): Promise<Base> {
  const { open = blobFile } = options;
  const index = picked
    .filter(({ path }) => /(^|\/)model_index\.json$/.test(path))
    .sort((a, b) => a.path.length - b.path.length)[0];
  if (index) {
    const root = index.path.slice(0, -'model_index.json'.length);
    const name = root.replace(/\/$/, '').split('/').at(-1) || 'model';
    return ofDirectory(pickedSource(picked, root, open), name);
  }
  await refuseOthers(picked);
  const weights = picked.filter(({ path }) => path.endsWith('.safetensors'));
  const all = weights.map(({ path, blob }) => openCheckpoint(open(blob, path), path));
  const models = all.filter(({ identity }) => identity.kind === 'model');
  const [model] = models;
  if (models.length > 1) {
    throw new Error(`${models.map(({ name }) => name).join(', ')}: are several models; pick one of them`);
  }
  if (!model) throw new Error(withoutModel(all));
  const stem = model.name.slice(0, -'.safetensors'.length);
  const yaml = picked.find(({ path }) => path === `${stem}.yaml` || path === `${stem}.yml`);
  const text = yaml && decodeUtf8(await blobBytes(yaml.blob, yaml.path), yaml.path);
  return { ...(await ofCheckpoint(model, options, text)), beside: all.filter((each) => each !== model) };
}

/** Says what files are that are no model here. */
async function refuseOthers(picked: readonly PickedFile[]): Promise<void> {
  const some = (pattern: RegExp): PickedFile | undefined => picked.find(({ path }) => pattern.test(path));
  const config = some(/(^|\/)config\.json$/);
  if (config) {
    const json = parseJsonObject(
      decodeUtf8(await blobBytes(config.blob, config.path), config.path),
      config.path,
    );
    const { _class_name: className } = json;
    const isVae = /^Autoencoder/.test(String(className));
    if (typeof className === 'string' && !isVae) {
      throw new Error(`${config.path}: this is one component (${className}); pick the folder above it`);
    }
  }
  if (some(/\.safetensors$/)) return;
  const onnx = some(/\.onnx$/);
  if (onnx)
    throw new Error(
      `${onnx.path}: is an ONNX export, which cannot be opened; pick the folder that it was made from`,
    );
  const pickle = some(/\.(ckpt|pt|pth|bin)$/);
  if (pickle)
    throw new Error(`${pickle.path}: ${pickleRefusal}; convert it with Python: ${pickleCommands.file}`);
  const named =
    picked.length === 1 ? `${picked[0]!.path}: is no model` : 'there is no model in what was picked';
  throw new Error(
    `${named}; pick a folder with model_index.json, as diffusers writes it, or a .safetensors file`,
  );
}

function withoutModel(all: readonly Checkpoint[]): string {
  const [first] = all;
  if (!first) return 'nothing was picked';
  const { refusal, title, kind } = first.identity;
  const advice = kind === 'lora' ? 'open a model' : 'open a model first, and add it';
  return `${first.name}: ${refusal ?? `is ${title}, which is laid over a model and is none; ${advice}`}`;
}

async function ofCheckpoint(
  checkpoint: Checkpoint,
  { clipMerges }: OpenModelOptions,
  yaml?: string,
): Promise<Base> {
  const description = await describeCheckpoint(checkpoint);
  if (description.use === 'unet') {
    throw new Error(
      `${checkpoint.name}: is ${description.title}, without a text encoder; give the whole model`,
    );
  }
  const files = singleFileSource(checkpoint, {
    ...(yaml === undefined ? {} : { yaml }),
    clip: async (padToken) => clipTokenizerSource(await clipMerges(), padToken),
  });
  const name = checkpoint.name
    .split('/')
    .at(-1)!
    .replace(/\.safetensors$/, '');
  return { name, files, description, beside: [] };
}

async function ofDirectory(files: ListedFiles, name: string): Promise<Base> {
  const description = await describeDirectory(files, files.paths);
  if (description.refusal !== undefined) throw new Error(`${name}: ${description.refusal}`);
  return { name, files, description, beside: [] };
}

async function ofAddress(text: string, options: OpenModelOptions): Promise<Base> {
  const { store, open = blobFile, onDownload, ...rest } = options;
  if (!store) throw new Error('options.store: is missing; models of an address are downloaded into it');
  const address = modelAddress(text);
  const name = decoded(new URL(address).pathname.split('/').at(-1)!);
  if (/\.safetensors$/.test(name)) {
    const onBytes = (bytes: number, total: number) => onDownload?.(name, bytes, total);
    const blob = await downloaded(address, { ...rest, store, onBytes });
    if (!blob) throw new Error(`${address}: there is no such file; check the address`);
    return ofCheckpoint(openCheckpoint(open(blob, name), name), options);
  }
  const files = remoteSource(address, { ...rest, store, open, ...(onDownload ? { onDownload } : {}) });
  if ((await files.read('model_index.json')) === undefined) {
    throw new Error(
      `${address}: there is no model_index.json below it; give the address of a model directory or of a .safetensors file`,
    );
  }
  const title = address
    .replace(/\/resolve\/[^/]+$/, '')
    .split('/')
    .slice(-2)
    .join('/');
  return ofDirectory({ ...files, paths: await paintingWeights(files) }, title);
}

/** A part of an address as people read it; any percent sign may stand in one. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The weights of the components that paint, as `readWeights` looks for them. */
async function paintingWeights(files: FileSource): Promise<readonly string[]> {
  const { components } = await readModelIndex(files);
  const named = ['unet', 'vae', 'text_encoder'].filter((name) => Object.hasOwn(components, name));
  const paths = await Promise.all(named.map((component) => weightPaths(files, component)));
  return paths.flatMap((each) => each ?? []);
}

/** Lays files over a model. Rejects where one is nothing to lay over it, or does not fit. */
async function withAdded({ beside: _, ...base }: Base, added: readonly Checkpoint[]): Promise<OpenedModel> {
  let { files } = base;
  for (const checkpoint of added) {
    const { kind, refusal, title } = checkpoint.identity;
    if (refusal !== undefined) throw new Error(`${checkpoint.name}: ${refusal}`);
    if (kind === 'grounding') files = await withGrounding(files, checkpoint);
    else if (kind === 'vae' || kind === 'tiny-vae') files = await withVae(files, vaeOfFile(checkpoint));
    else if (kind === 'textual-inversion') {
      const stem = checkpoint.name
        .split('/')
        .at(-1)!
        .replace(/\.safetensors$/, '');
      files = await withEmbeddings(files, [await readEmbedding(checkpoint, stem)]);
    } else if (kind === 'lora')
      throw new Error(`${checkpoint.name}: is ${title}; give it to the pipeline, as a plugin`);
    else throw new Error(`${checkpoint.name}: is ${title}, which cannot be added to a model`);
  }
  return { ...base, files, added: added.map(({ name, identity }) => `${name}: ${identity.title}`) };
}
