// What a file or folder is, what it can do here, and what it weighs; reads headers and settings, no weights.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type Checkpoint,
  groundingOf,
  type Part,
  partShapes,
  predictionOf,
  textImageRefusal,
} from '@spatiallock/checkpoints';
import { type FileSource, messageOf } from '@spatiallock/core';
import { checkKeys } from '@spatiallock/core/checks';
import {
  numberShapes,
  readComponentConfig,
  readModelIndex,
  readSafetensorsHead,
  type SafetensorsEntry,
} from '@spatiallock/core/io';
import { type ModelDeclaration, readModelDeclaration } from '@spatiallock/core/modules';
import { otherFamily } from '@spatiallock/core/pipeline';
import { numbersIn } from './convertModel.js';
import { directory, isDirectory, openFile } from './directory.js';
import { isHubId } from './hub/index.js';
import { checkpointAt, type ModelSourceOptions, modelSource, SOURCE_OPTIONS } from './modelSource.js';

/** A component of a model as `inspectModel` describes it. */
export interface InspectedPart {
  readonly name: string;
  /** The class in diffusers or transformers, where the model names it. */
  readonly className?: string;
  readonly parameters: number;
  /** Types of numbers in the file, as safetensors spells them. */
  readonly dtypes: readonly string[];
  /** On the disk. */
  readonly bytes: number;
}

/** What `inspectModel` finds. */
export interface Inspection {
  readonly path: string;
  /** What it is, in words. */
  readonly title: string;
  /** Why it cannot be opened, on one line; undefined where it can. */
  readonly refusal?: string;
  /** What its spatiallock.json declares: plugins, detectors, vocabulary and licence; undefined where it declares nothing. */
  readonly declaration?: ModelDeclaration;
  /** What it can do here, a line each. */
  readonly uses: readonly string[];
  readonly parts: readonly InspectedPart[];
  readonly parameters: number;
  /** Bytes that the weights take while it paints; what is computed with them comes on top. */
  readonly memory: readonly { readonly device: string; readonly precision: string; readonly bytes: number }[];
}

/**
 * Describes a path or an id of the hub. Rejects where there is nothing of that name; `refusal` says why something cannot be
 * opened.
 *
 * @example
 * ```ts
 * import { inspectModel } from '@spatiallock/node';
 *
 * const { title, refusal, declaration } = await inspectModel('my-model');
 * console.log(title, refusal ?? 'can be opened', declaration?.plugins);
 * ```
 */
export async function inspectModel(place: string, options: ModelSourceOptions = {}): Promise<Inspection> {
  checkKeys(options, [...SOURCE_OPTIONS, 'signal'], 'options');
  if (await openFile(place)) return inspectFile(place);
  const isFolder = await isDirectory(place);
  if (!isFolder && !isHubId(place)) {
    throw new Error(
      `${place}: there is no such file or folder; give a path, or an id of the hub, owner/name`,
    );
  }
  try {
    const { places } = await modelSource(place, options);
    return await inspectFolder(place, places[0]!);
  } catch (cause) {
    if (!isFolder) throw cause;
    return nothing(place, 'a folder that is no model', withoutPath(messageOf(cause), place));
  }
}

const nothing = (path: string, title: string, refusal: string): Inspection => ({
  path,
  title,
  refusal,
  uses: [],
  parts: [],
  parameters: 0,
  memory: [],
});

const withoutPath = (message: string, path: string): string =>
  message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;

const PARTS: readonly Part[] = ['unet', 'vae', 'text_encoder'];

async function inspectFile(path: string): Promise<Inspection> {
  let checkpoint: Checkpoint;
  try {
    checkpoint = await checkpointAt(path);
  } catch (cause) {
    return nothing(path, 'a file that is not read', withoutPath(messageOf(cause), path));
  }
  const { identity, entries } = checkpoint;
  const parts =
    identity.kind === 'model'
      ? PARTS.filter((part) => identity.parts.includes(part)).map((part) =>
          partOf(part, entries, partShapes(checkpoint, part)),
        )
      : [partOf(identity.kind, entries)];
  const isModel = identity.kind === 'model';
  const prediction = isModel ? await predictionOf(checkpoint) : undefined;
  const predicts = prediction ? `, predicts ${prediction.type} (${prediction.why})` : '';
  return {
    path,
    title: identity.title + predicts,
    ...(identity.refusal === undefined ? {} : { refusal: identity.refusal }),
    uses: usesOf(checkpoint, path),
    parts,
    ...weighed(parts, isModel),
  };
}

/** `shapes` are the parameters that are read out of `entries`; default: all. */
function partOf(
  name: string,
  entries: Readonly<Record<string, SafetensorsEntry>>,
  shapes: Parameters<typeof numbersIn>[0] = entries,
  className?: string,
): InspectedPart {
  const all = Object.values(entries);
  return {
    name,
    ...(className === undefined ? {} : { className }),
    parameters: numbersIn(shapes),
    dtypes: [...new Set(all.map(({ dtype }) => dtype))].sort(),
    bytes: all.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

function usesOf({ identity }: Checkpoint, path: string): readonly string[] {
  if (identity.refusal !== undefined) return [];
  const file = basename(path);
  switch (identity.kind) {
    case 'model':
      if (!identity.parts.includes('text_encoder'))
        return ['its U-Net has no text encoder beside it and cannot paint'];
      return [
        identity.title.includes('GLIGEN')
          ? `paints objects in their boxes: --model ${file}`
          : `paints prompts: --model ${file}; objects in their boxes with --poi gligen.safetensors`,
        `becomes a diffusers folder: spatiallock convert ${file} FOLDER`,
      ];
    case 'grounding':
      return [`holds objects to their boxes over a model without such layers: --poi ${file}`];
    case 'vae':
    case 'tiny-vae':
      return [`makes the pictures of a model's latents: --vae ${file}`];
    case 'textual-inversion':
      return [`a word for prompts: --embedding ${file}`];
    default:
      return [];
  }
}

async function inspectFolder(given: string, folder: string): Promise<Inspection> {
  const files = directory(folder);
  const index = await readModelIndex(files);
  const family = otherFamily(index);
  const parts: InspectedPart[] = [];
  for (const name of await foldersOf(folder)) {
    const { entries, shapes } = await entriesIn(join(folder, name));
    const { [name]: component } = index.components;
    if (Object.keys(entries).length > 0) parts.push(partOf(name, entries, shapes, component?.className));
  }
  if (family !== undefined) {
    return {
      ...nothing(
        given,
        `${family} (${index.className})`,
        `is ${family}, which is not supported; Stable Diffusion 1.x and 2.x are`,
      ),
      parts,
      ...weighed(parts, false),
    };
  }
  const unet = await readComponentConfig(files, 'unet');
  const grounding = await groundingOf(files);
  const version = { 768: 'Stable Diffusion 1.x', 1024: 'Stable Diffusion 2.x' }[
    Number(unet.cross_attention_dim)
  ];
  const missing = PARTS.filter((part) => !parts.some(({ name }) => name === part));
  const declaration = await declarationIn(files);
  const refusal =
    declaration instanceof Error
      ? declaration.message
      : grounding === 'gated-text-image'
        ? textImageRefusal
        : missing.length > 0
          ? `has no weights that can be read for ${missing.join(', ')}; convert pickles to safetensors`
          : undefined;
  return {
    path: given,
    title: `${version ?? "a network like Stable Diffusion's"} (${index.className})${grounding === 'none' ? '' : ', with grounding layers'}`,
    ...(refusal === undefined ? {} : { refusal }),
    ...(declaration === undefined || declaration instanceof Error ? {} : { declaration }),
    uses: refusal === undefined ? [folderUse(grounding === 'gated', given)] : [],
    parts,
    ...weighed(parts, true),
  };
}

/** What the directory declares; the error where it cannot be read, which also keeps the model from being opened. */
const declarationIn = async (files: FileSource): Promise<ModelDeclaration | undefined | Error> =>
  readModelDeclaration(files).catch((cause: unknown) =>
    cause instanceof Error ? cause : new Error(messageOf(cause)),
  );

const folderUse = (grounded: boolean, path: string): string =>
  grounded
    ? `paints objects in their boxes: --model ${path}`
    : `paints prompts: --model ${path}; objects in their boxes with --poi gligen.safetensors`;

async function foldersOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  const are = await Promise.all(names.map((name) => isDirectory(join(folder, name))));
  return names.filter((_, i) => are[i]).sort();
}

/** The tensors of a component's files; where there are several forms of it, those of the one that is read. */
async function entriesIn(folder: string) {
  const all = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();
  const plain = all.filter((name) => !/\.(fp16|bf16|non_ema)\b/.test(name));
  const heads = await Promise.all(
    (plain.length > 0 ? plain : all).map((name) => openFile(join(folder, name))),
  );
  const headers = heads.flatMap((file) => (file ? [readSafetensorsHead(file)] : []));
  const entries: Readonly<Record<string, SafetensorsEntry>> = Object.assign(
    {},
    ...headers.map((header) => header.entries),
  );
  const shapes: ReturnType<typeof numberShapes> = Object.assign({}, ...headers.map(numberShapes));
  return { entries, shapes };
}

/** Weights are computed with in float32 on every device. */
function weighed(
  parts: readonly InspectedPart[],
  isModel: boolean,
): Pick<Inspection, 'parameters' | 'memory'> {
  const counted = parts.filter(({ name }) => !/checker|image_encoder|perception/.test(name));
  const parameters = counted.reduce((sum, part) => sum + part.parameters, 0);
  const devices = ['cpu', 'cuda', 'wasm', 'webgpu'];
  return {
    parameters,
    memory: isModel ? devices.map((device) => ({ device, precision: 'float32', bytes: 4 * parameters })) : [],
  };
}
