// Any model that can be opened, written as a folder in today's diffusers layout.

import { readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { numbersIn } from '@spatiallock/checkpoints';
import type { FileSource, Tensors } from '@spatiallock/core';
import { checkFiles, checkObject } from '@spatiallock/core/checks';
import {
  encodeUtf8,
  type JsonObject,
  type QuantizedDType,
  readJsonFile,
  readModelIndex,
  readWeightsIfAny,
} from '@spatiallock/core/io';
import { autoencoderKl, withTextModel } from '@spatiallock/core/models';
import { formatModelDeclaration, readModelSettings } from '@spatiallock/core/modules';
import packageJson from '../package.json' with { type: 'json' };
import { syncFolder, temporaryName, writeFileAtomically } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { codeOf, fileFault } from './fileFault.js';
import { makeFolder } from './makeFolder.js';
import type { ModelSource } from './modelSource.js';
import { modelNeeds } from './modules/index.js';
import { copyFolder, pluginFolders, writeAdapted } from './pluginFolders.js';
import { streamTensors } from './streamTensors.js';

/** Progress of `convertModel`: tensors of a component that are written, of how many. */
export interface ConvertProgress {
  /** The folder that is being written. */
  readonly component: string;
  /** Numbers that are written, of all components, and how many there are. */
  readonly done: number;
  readonly total: number;
}

/** Options of `convertModel`. */
export interface ConvertOptions {
  /**
   * What the weights are written as; default float32. `int8`: a byte for each number of matrices and kernels, with a scale for
   * each output channel; `int4`: half a byte, with a scale for 32 numbers.
   */
  readonly dtype?: 'float32' | 'float16' | QuantizedDType;
  /** The licence of the model, as its files name it; default: that of the source. */
  readonly license?: string;
  readonly signal?: AbortSignal;
  /** Called as tensors are written. */
  readonly onProgress?: (progress: ConvertProgress) => void;
}

/** The version of diffusers whose fields are written. */
const DIFFUSERS = '0.35.0';
const WRITTEN = ['unet', 'vae', 'text_encoder'] as const;
/** All components that a converted folder has. */
const COMPONENTS = [...WRITTEN, 'tokenizer', 'scheduler'] as const;
const TOKENIZER = [
  ...['vocab.json', 'merges.txt', 'tokenizer.json', 'tokenizer_config.json'],
  ...['special_tokens_map.json', 'added_tokens.json', 'words.json'],
];

/**
 * Writes a model directory in diffusers' layout from any source of one, a tensor at a time; the folder has its name once
 * it is whole. Folders of plugins beside the components are copied as they are, with what an adapter changes in them. Each file's metadata names our version, the
 * model that it was made from, and its licence where that is known. Rejects where the folder holds something already.
 */
export async function convertModel(
  model: ModelSource,
  out: string,
  options: ConvertOptions = {},
): Promise<void> {
  checkFiles(checkObject(model, 'model').files, 'model.files');
  checkPath(out, 'out', 'the path of a folder');
  const { files, name, places, checkpoint } = model;
  const place = resolve(out);
  await requireEmpty(place);
  const index = await readJsonFile(files, 'model_index.json');
  const { components } = await readModelIndex(files);
  const weights = await weightsOf(files, String(components.vae?.className));
  const license =
    options.license ?? checkpoint?.metadata['modelspec.license'] ?? checkpoint?.metadata.license;
  const metadata = {
    format: 'pt',
    spatiallock_version: packageJson.version,
    base: name,
    ...(license === undefined ? {} : { license }),
  };
  const temporary = temporaryName(place);
  try {
    await makeFolder(temporary);
    await writeWeights(temporary, weights, metadata, options);
    const grounded = await writeConfigs(temporary, files, components);
    await writeDeclaration(temporary, files, license);
    for (const folder of await pluginFolders(places[0]!, Object.keys(components))) {
      await copyFolder(join(places[0]!, folder), join(temporary, folder));
    }
    const learnt = (model.adapted ?? []).filter((folder) => !Object.hasOwn(components, folder));
    for (const folder of learnt) {
      await writeAdapted(join(temporary, folder), await readWeightsIfAny(files, folder), {
        ...{ metadata, signal: options.signal },
        // Codes would spare little of the few numbers of a plugin.
        dtype: options.dtype === 'float16' ? options.dtype : 'float32',
      });
    }
    await writeJson(join(temporary, 'model_index.json'), {
      ...index,
      ...withoutFolders(index, components),
      _class_name:
        grounded && index._class_name === 'StableDiffusionPipeline'
          ? 'StableDiffusionGLIGENPipeline'
          : index._class_name,
      _diffusers_version: index._diffusers_version ?? DIFFUSERS,
    });
    options.signal?.throwIfAborted();
    await rename(temporary, place).catch((cause: unknown) => {
      throw fileFault(place, 'written', cause);
    });
    await syncFolder(dirname(place));
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Fields of model_index.json for components that are not written, such as a safety checker: Python opens each that is named. */
function withoutFolders(index: JsonObject, components: Readonly<Record<string, unknown>>): JsonObject {
  const others = Object.keys(components).filter((name) => !COMPONENTS.some((each) => each === name));
  const none = Object.fromEntries(others.map((name) => [name, [null, null]]));
  const checks = others.includes('safety_checker') && index.requires_safety_checker !== false;
  return checks ? { ...none, requires_safety_checker: false } : none;
}

async function requireEmpty(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw fileFault(path, 'read', cause);
  });
  if (!found) return;
  if (!found.isDirectory()) throw new Error(`${path}: is a file; give a new folder`);
  if ((await readdir(path)).length > 0) throw new Error(`${path}: is not empty; give a new folder`);
}

/** The components' parameters under the names of today's libraries. */
async function weightsOf(files: FileSource, vae: string): Promise<Readonly<Record<string, Tensors>>> {
  const all: Record<string, Tensors> = {};
  for (const component of WRITTEN) {
    const given = await readWeightsIfAny(files, component);
    if (!given) throw new Error(`${component}: no weights found`);
    const named =
      component === 'text_encoder'
        ? withTextModel(given)
        : component === 'vae' && vae === 'AutoencoderKL'
          ? autoencoderKl.upgradeNames(given)
          : given;
    all[component] = named;
  }
  return all;
}

async function writeWeights(
  folder: string,
  weights: Readonly<Record<string, Tensors>>,
  metadata: Readonly<Record<string, string>>,
  { dtype = 'float32', signal, onProgress }: ConvertOptions,
): Promise<void> {
  const total = Object.values(weights).reduce((sum, tensors) => sum + numbersIn(tensors), 0);
  const width = { float32: 4, float16: 2, int8: 1, int4: 0.625 }[dtype];
  let done = 0;
  for (const [component, tensors] of Object.entries(weights)) {
    const file = component === 'text_encoder' ? 'model' : 'diffusion_pytorch_model';
    await streamTensors(join(folder, component, `${file}.safetensors`), tensors, {
      dtype,
      metadata,
      signal,
      onBytes(bytes) {
        done += bytes / width;
        onProgress?.({ component, done: Math.min(done, total), total });
      },
    });
  }
}

/** Configs, scheduler and tokenizer; gives whether the U-Net has grounding layers. */
async function writeConfigs(
  folder: string,
  files: FileSource,
  components: Readonly<Record<string, { readonly className: string }>>,
): Promise<boolean> {
  let grounded = false;
  for (const component of WRITTEN) {
    const config = await readJsonFile(files, `${component}/config.json`);
    if (component === 'unet') grounded = config.attention_type === 'gated';
    const named =
      component === 'text_encoder'
        ? { architectures: ['CLIPTextModel'], ...config }
        : { _class_name: components[component]?.className, _diffusers_version: DIFFUSERS, ...config };
    await writeJson(join(folder, component, 'config.json'), named);
  }
  const path = 'scheduler/scheduler_config.json';
  const scheduler = await readJsonFile(files, path);
  await writeJson(join(folder, path), { _diffusers_version: DIFFUSERS, ...scheduler });
  for (const path of TOKENIZER.map((name) => `tokenizer/${name}`)) {
    // A single file has no vocabulary of its own in the one form or the other.
    const bytes = await files.read(path);
    if (bytes) await writeFileAtomically(join(folder, path), bytes);
  }
  return grounded;
}

/** The source's spatiallock.json, with the plugins that the model needs and its licence, where there are any, and its list of words. */
async function writeDeclaration(
  folder: string,
  files: FileSource,
  license: string | undefined,
): Promise<void> {
  const settings = await readModelSettings(files);
  const { plugins, detectors, vocabulary, license: declared } = await modelNeeds(files);
  // The list of words may lie anywhere; overlays such as embeddings add to it.
  const list = vocabulary === undefined ? undefined : await files.read(vocabulary);
  if (list) await writeFileAtomically(join(folder, vocabulary!), list);
  // The metadata of a file may hold a whole licence; its first line names it.
  const named =
    (license ?? declared)
      ?.split(/[\r\n]/)[0]
      ?.trim()
      .slice(0, 200) || undefined;
  if (settings === undefined && plugins.length === 0 && named === undefined) return;
  const needs = {
    ...{ plugins, detectors },
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(named === undefined ? {} : { license: named }),
  };
  const isEmpty = plugins.length === 0 && Object.keys(detectors).length === 0 && named === undefined;
  // Without a file of ours a seed means what it means in Python; that must stay so.
  const kept = settings ?? { generator: 'torch' };
  await writeJson(join(folder, 'spatiallock.json'), {
    ...kept,
    ...(isEmpty ? {} : formatModelDeclaration(needs)),
  });
}

async function writeJson(path: string, value: JsonObject): Promise<void> {
  await writeFileAtomically(path, encodeUtf8(`${JSON.stringify(value, null, 2)}\n`));
}
