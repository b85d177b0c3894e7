// What a file or a directory is, what it can do here, and what it is made of; reads headers and settings, no weights.

import { type FileSource, messageOf, sizeOf } from '@spatiallock/core';
import { describeAdapter } from '@spatiallock/core/adapters';
import { checkFiles, checkList, checkText } from '@spatiallock/core/checks';
import { readComponentConfig, readModelIndex, type SafetensorsEntry } from '@spatiallock/core/io';
import {
  type Category,
  type ModelDeclaration,
  readCategories,
  readModelDeclaration,
} from '@spatiallock/core/modules';
import { otherFamily, readClipTokenizerOptions } from '@spatiallock/core/pipeline';
import { type Checkpoint, checkCheckpoint } from './checkpoint.js';
import { partShapes } from './components.js';
import { entriesIn } from './folderEntries.js';
import { groundingOf } from './groundingOf.js';
import { type Part, type Shapes, textImageRefusal } from './identify.js';
import { predictionOf } from './prediction.js';

/** A component of a model, as its files' headers describe it. */
export interface DescribedPart {
  readonly name: string;
  /** The class in diffusers or transformers, where the model names it. */
  readonly className?: string;
  readonly parameters: number;
  /** Of those, what backends in half precision keep as halves: matrices and kernels. */
  readonly halvable: number;
  /** Types of numbers in the file, as safetensors spells them. */
  readonly dtypes: readonly string[];
  /** On the disk. */
  readonly bytes: number;
}

/** What something is good for. */
export type ModelUse =
  /** A model that holds objects to their boxes by layers of its own, or one that knows prompts alone. */
  | 'boxes'
  | 'prompts'
  /** Laid over a model: grounding layers, an autoencoder, words of textual inversion, a LoRA. */
  | 'grounding'
  | 'autoencoder'
  | 'words'
  | 'lora'
  | 'adapter'
  /** A U-Net without a text encoder, which paints with that of another model. */
  | 'unet';

/** What `describeCheckpoint` and `describeDirectory` find. */
export interface ModelDescription {
  /** What it is, in words. */
  readonly title: string;
  /** Why it cannot be opened, on one line; undefined where it can. */
  readonly refusal?: string;
  /** What its spatiallock.json declares: plugins, detectors, vocabulary and licence; undefined where it declares nothing. */
  readonly declaration?: ModelDeclaration;
  /** What a training taught it, as its spatiallock.json says; absent where that says nothing of it. */
  readonly categories?: readonly Category[];
  /** Undefined where it can be used for nothing here. */
  readonly use?: ModelUse;
  readonly parts: readonly DescribedPart[];
  /** Of the parts that paint. */
  readonly parameters: number;
  /** Of the parts that paint. */
  readonly halvable: number;
}

const PARTS: readonly Part[] = ['unet', 'vae', 'text_encoder'];

/** Describes a file. `yaml` is the original configuration beside it, which tells what the network predicts. */
export async function describeCheckpoint(checkpoint: Checkpoint, yaml?: string): Promise<ModelDescription> {
  checkCheckpoint(checkpoint);
  if (yaml !== undefined) checkText(yaml, 'yaml', 'the text of a file');
  const { identity, entries } = checkpoint;
  const isModel = identity.kind === 'model';
  const parts = isModel
    ? PARTS.filter((part) => identity.parts.includes(part)).map((part) =>
        partOf(part, entries, partShapes(checkpoint, part)),
      )
    : [partOf(identity.kind, entries)];
  const prediction = isModel ? await predictionOf(checkpoint, yaml) : undefined;
  const suffix = prediction ? `, predicts ${prediction.type} (${prediction.why})` : '';
  const use = useOf(checkpoint);
  const { base, categories } =
    identity.kind === 'adapter' ? describeAdapter(checkpoint.metadata, checkpoint.name) : {};
  return {
    title: identity.title + suffix + (base === undefined ? '' : `, trained from ${base}`),
    ...(categories === undefined ? {} : { categories }),
    ...(identity.refusal === undefined ? {} : { refusal: identity.refusal }),
    ...(use === undefined ? {} : { use }),
    parts,
    ...totalOf(parts),
  };
}

function useOf({ identity }: Checkpoint): ModelUse | undefined {
  if (identity.refusal !== undefined) return undefined;
  switch (identity.kind) {
    case 'model':
      if (!identity.parts.includes('text_encoder')) return 'unet';
      return identity.title.includes('GLIGEN') ? 'boxes' : 'prompts';
    case 'grounding':
      return 'grounding';
    case 'vae':
    case 'tiny-vae':
      return 'autoencoder';
    case 'textual-inversion':
      return 'words';
    case 'lora':
    case 'adapter':
      return identity.kind;
    default:
      return undefined;
  }
}

/**
 * Describes a model directory; `paths` are its files, `variant` the form of weights that is read where there is a choice, such as
 * fp16. Rejects with an error that names the file at fault, such as a missing model_index.json.
 */
export async function describeDirectory(
  files: FileSource,
  paths: readonly string[],
  variant?: string,
): Promise<ModelDescription> {
  checkFiles(files);
  checkList(paths, 'paths', 'paths');
  if (variant !== undefined) checkText(variant, 'variant');
  const index = await readModelIndex(files);
  const folders = [...new Set(paths.flatMap((path) => /^([^/]+)\/[^/]+$/.exec(path)?.[1] ?? []))].sort();
  const parts: DescribedPart[] = [];
  const faults: string[] = [];
  for (const name of folders) {
    const { entries, shapes, fault } = await entriesIn(files, paths, name, variant);
    if (fault !== undefined && PARTS.some((part) => part === name)) faults.push(fault);
    const { [name]: component } = index.components;
    if (Object.keys(entries).length > 0) parts.push(partOf(name, entries, shapes, component?.className));
  }
  const common = { parts, ...totalOf(parts) };
  const family = otherFamily(index);
  if (family !== undefined) {
    return {
      title: `${family} (${index.className})`,
      refusal: `is ${family}, which is not supported; Stable Diffusion 1.x and 2.x are`,
      ...common,
    };
  }
  const unet = await readComponentConfig(files, 'unet');
  // Where its own file cannot be read, that is said.
  const grounding = faults.length > 0 ? 'none' : await groundingOf(files);
  const version = { 768: 'Stable Diffusion 1.x', 1024: 'Stable Diffusion 2.x' }[
    Number(unet.cross_attention_dim)
  ];
  const missing = PARTS.filter((part) => !parts.some(({ name }) => name === part));
  const settings = await settingsIn(files);
  const refusal =
    settings instanceof Error
      ? settings.message
      : grounding === 'gated-text-image'
        ? textImageRefusal
        : (faults[0] ??
          (missing.length > 0
            ? `has no weights that can be read for ${missing.join(', ')}; convert pickles to safetensors`
            : await unreadable(files)));
  return {
    title: `${version ?? "a network like Stable Diffusion's"} (${index.className})${grounding === 'none' ? '' : ', with grounding layers'}`,
    ...(settings instanceof Error ? {} : settings),
    ...(refusal === undefined ? { use: grounding === 'gated' ? 'boxes' : 'prompts' } : { refusal }),
    ...common,
  };
}

/** Why the model cannot be opened for its tokenizer or its scheduler; undefined where both can be read. */
async function unreadable(files: FileSource): Promise<string | undefined> {
  try {
    await readClipTokenizerOptions(files);
    await readComponentConfig(files, 'scheduler');
    return undefined;
  } catch (cause) {
    return messageOf(cause);
  }
}

/** What the directory's spatiallock.json says; the error where it cannot be read, which also keeps the model from being opened. */
async function settingsIn(
  files: FileSource,
): Promise<Pick<ModelDescription, 'declaration' | 'categories'> | Error> {
  try {
    const declaration = await readModelDeclaration(files);
    const categories = await readCategories(files);
    return {
      ...(declaration === undefined ? {} : { declaration }),
      ...(categories.length > 0 ? { categories } : {}),
    };
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(messageOf(cause));
  }
}

/** `shapes` are the parameters that are read out of `entries`; default: all. */
function partOf(
  name: string,
  entries: Readonly<Record<string, SafetensorsEntry>>,
  shapes: Shapes = entries,
  className?: string,
): DescribedPart {
  const all = Object.values(entries);
  return {
    name,
    ...(className === undefined ? {} : { className }),
    parameters: numbersIn(shapes),
    halvable: numbersIn(halvableIn(shapes, entries)),
    dtypes: [...new Set(all.map(({ dtype }) => dtype))].sort(),
    bytes: all.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

/** How many numbers the tensors hold together. */
export const numbersIn = (tensors: Shapes): number =>
  Object.values(tensors).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Tables are looked up, and products with the timestep's embedding stay float32: see `inHalf` of core. */
const WIDE = /embedding|time_emb|emb_layers/;

/** Codes of few bits are decoded to float32, and so are their products. */
const halvableIn = (shapes: Shapes, entries: Readonly<Record<string, SafetensorsEntry>>): Shapes =>
  Object.fromEntries(
    Object.entries(shapes).filter(
      ([name, { shape }]) =>
        shape.length >= 2 && !WIDE.test(name) && /^B?F\d/.test(entries[name]?.dtype ?? 'F32'),
    ),
  );

function totalOf(parts: readonly DescribedPart[]): Pick<ModelDescription, 'parameters' | 'halvable'> {
  const painting = parts.filter(({ name }) => !/checker|image_encoder|perception/.test(name));
  const total = (field: 'parameters' | 'halvable'): number =>
    painting.reduce((sum, part) => sum + part[field], 0);
  return { parameters: total('parameters'), halvable: total('halvable') };
}
