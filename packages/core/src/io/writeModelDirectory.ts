// Writes model directories in diffusers' layout.

import { checkKeys, checkMethods, checkObject } from '../checks/index.js';
import { messageOf } from '../checks/showValue.js';
import type { Tensors } from '../graph/tensor.js';
import type { FileSink } from './files.js';
import { checkFinite } from './finite.js';
import { halfPrecision } from './halfPrecision.js';
import { configPath } from './modelDirectory.js';
import { formatModelIndex, type ModelIndex } from './modelIndex.js';
import { writeSafetensors } from './safetensors.js';
import { encodeUtf8, type JsonObject } from './text.js';

/** A component to be written; `weights` are left out for schedulers, `files` are written as they are. */
export interface ComponentContent {
  readonly config?: JsonObject;
  readonly weights?: Tensors;
  /** Other files of the folder by name, for instance a tokenizer's. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** All that a model directory holds: model_index.json and its components. */
export interface ModelContent {
  readonly index: ModelIndex;
  readonly components: Readonly<Record<string, ComponentContent>>;
}

/** Options of `writeModelDirectory`. */
export interface WriteModelOptions {
  /** Writes float32 weights in half precision; default false. */
  readonly float16?: boolean;
  /** Texts for the metadata of each safetensors file: what made it, its base, its licence. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a model directory; model_index.json comes last, so that a directory with it is whole.
 *
 * Weights go to model.safetensors where the index names the library transformers, else to
 * diffusion_pytorch_model.safetensors. Rejects before writing when index and components do not name the same
 * folders, and at the first tensor that is not finite, or too large for half precision where that is asked for.
 */
export async function writeModelDirectory(
  sink: FileSink,
  content: ModelContent,
  options: WriteModelOptions = {},
): Promise<void> {
  checkMethods(sink, ['write'], 'sink', 'where files are written to, an object with write(path, bytes)');
  checkKeys(content, ['index', 'components'], 'content');
  checkObject(checkObject(content.index, 'content.index').components, 'content.index.components');
  checkObject(content.components, 'content.components');
  const { index, components } = content;
  const indexJson = formatModelIndex(index);
  checkSameFolders(index, components);
  for (const [name, { config, weights, files = {} }] of Object.entries(components)) {
    if (config !== undefined) await writeJson(sink, configPath(name), config);
    if (weights !== undefined) {
      const stem = index.components[name]?.library === 'transformers' ? 'model' : 'diffusion_pytorch_model';
      const stored = storedAs(weights, `${name}/${stem}.safetensors`, options);
      await sink.write(
        `${name}/${stem}.safetensors`,
        writeSafetensors(stored, { ...options.metadata, format: 'pt' }),
      );
    }
    for (const [file, bytes] of Object.entries(files)) await sink.write(`${name}/${file}`, bytes);
  }
  await writeJson(sink, 'model_index.json', indexJson);
}

function checkSameFolders(index: ModelIndex, components: ModelContent['components']): void {
  for (const name of Object.keys(components)) {
    if (!Object.hasOwn(index.components, name))
      throw new Error(`model_index.json: components.${name} is missing`);
  }
  for (const name of Object.keys(index.components)) {
    if (!Object.hasOwn(components, name))
      throw new Error(`components.${name}: named in the index, but not given`);
  }
}

function writeJson(sink: FileSink, path: string, value: JsonObject): Promise<void> {
  return sink.write(path, encodeUtf8(`${JSON.stringify(value, null, 2)}\n`));
}

/** What is written of a component; an error names the file and the tensor whose numbers could not be read back. */
function storedAs(weights: Tensors, path: string, { float16 = false }: WriteModelOptions): Tensors {
  try {
    if (float16) return halfPrecision(weights);
    for (const [name, tensor] of Object.entries(weights)) checkFinite(name, tensor);
    return weights;
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}
