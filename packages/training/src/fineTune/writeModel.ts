// A fine-tuned model: the base model's files with the trained weights in their places.

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSink, FileSource, Plugin, Tensors } from '@spatiallock/core';
import {
  type AddedDeclaration,
  adaptedFiles,
  declaredSettings,
  grownFiles,
  type ModelChanges,
} from '@spatiallock/core/adapters';
import {
  encodeUtf8,
  type JsonObject,
  readComponentConfig,
  readModelIndex,
  readWeights,
  writeModelDirectory,
  writeSafetensors,
} from '@spatiallock/core/io';
import { parseModelDeclaration, readModelSettings } from '@spatiallock/core/modules';
import {
  convertModel,
  copyFileAtomically,
  directory,
  type ModelSource,
  streamTensors,
  temporaryName,
} from '@spatiallock/node';
import packageJson from '../../package.json' with { type: 'json' };
import { partWeights, writePluginWeights } from '../weights.js';
import { TRAINING_FOLDER } from './outFolder.js';

const TEXT_ENCODER = 'text_encoder';

/** What a training writes itself, or must not take over from its base. */
const OWN_PLACES: readonly string[] = [TRAINING_FOLDER, 'unet', 'model_index.json', 'spatiallock.json'];

export interface FineTunedModel {
  readonly base: ModelSource;
  readonly out: string;
  /** New words. */
  readonly changes: ModelChanges | undefined;
  readonly weights: Tensors;
  /** Their folders are written anew. */
  readonly plugins: readonly Plugin[];
  /** Declared beside what the base declares. */
  readonly declare: AddedDeclaration;
}

/** Copies the base and writes what was trained, in the base's precision; model_index.json comes last. */
export async function writeFineTuned(model: FineTunedModel): Promise<void> {
  const { base, out } = model;
  // Files with weights of their own are a single file or a variant, which the folder alone is not read as.
  if (base.files.weights === undefined && base.places.length === 1) return writeOver(base.places[0]!, model);
  // What is not a plain folder, or has something laid over it, is written as one first.
  const whole = temporaryName(join(out, 'base'));
  try {
    await convertModel(base, whole, { dtype: (await isHalf(base.files)) ? 'float16' : 'float32' });
    await writeOver(whole, model);
  } finally {
    await rm(whole, { recursive: true, force: true });
  }
}

const isHalf = async (files: FileSource): Promise<boolean> =>
  Object.values(await readWeights(files, 'unet')).some(({ dtype }) => dtype === 'float16');

/** `base` is a model directory. */
async function writeOver(base: string, model: FineTunedModel): Promise<void> {
  const { base: given, out, weights, plugins, declare, changes } = model;
  const [source, sink] = [directory(base), directory(out)];
  const folders = plugins.flatMap((plugin) => (plugin.weights ?? []).map(({ folder }) => folder));
  const rewritten = [...OWN_PLACES, ...folders, ...(changes?.growth ? [TEXT_ENCODER] : [])];
  for (const name of await readdir(base))
    if (!rewritten.includes(name)) await copyTree(join(base, name), join(out, name));
  if (changes?.growth) await writeGrowth(source, sink, changes);
  const float16 = await isHalf(source);
  const parts = partWeights(weights, plugins);
  const settings = await declaredSettings(source, declare);
  if (settings) {
    // Called by its folder: under the base's name its figures would pass for the base's.
    const { name: _, ...own } = settings;
    await sink.write('spatiallock.json', encodeUtf8(`${JSON.stringify(own, null, 2)}\n`));
  }
  const metadata = await metadataOf(source, given.name);
  await writePluginWeights(sink, parts, plugins, { float16, metadata });
  const { components, ...index } = await readModelIndex(source);
  const config = { ...(await readComponentConfig(source, 'unet')), ...unetFields(plugins) };
  const className = plugins.find(({ pipelineClass }) => pipelineClass)?.pipelineClass ?? index.className;
  const copied = Object.keys(components).filter((name) => name !== 'unet');
  // Layers of plugins that were not at hand stay as they are, for the declaration still names those plugins.
  const others = Object.entries(await readWeights(source, 'unet')).filter(
    ([each]) => !Object.hasOwn(weights, each),
  );
  // A tensor at a time: most of a large network never learnt, and stays in the base's files.
  await streamTensors(
    join(out, 'unet/diffusion_pytorch_model.safetensors'),
    { ...Object.fromEntries(others), ...parts.unet },
    {
      metadata: { ...metadata, format: 'pt' },
      ...(float16 ? { dtype: 'float16' } : {}),
    },
  );
  await writeModelDirectory(sink, {
    index: { ...index, className, components },
    components: {
      unet: { config },
      // Copied or written above: nothing of them is written again.
      ...Object.fromEntries(copied.map((name) => [name, {}])),
    },
  });
}

/** What the trained file says of itself: our version, the model that it was trained from, and its licence where that is known. */
async function metadataOf(source: FileSource, name: string): Promise<Readonly<Record<string, string>>> {
  const settings = await readModelSettings(source);
  const license = settings && parseModelDeclaration(settings)?.license;
  return {
    spatiallock_version: packageJson.version,
    base: typeof settings?.name === 'string' ? settings.name : name,
    ...(license === undefined ? {} : { license }),
  };
}

/** Tokenizer, words and text encoder with the new words; what was copied of them is written over. */
async function writeGrowth(base: FileSource, sink: FileSink, changes: ModelChanges): Promise<void> {
  for (const [path, bytes] of await grownFiles(base, changes.growth!)) await sink.write(path, bytes);
  const weights = await readWeights(adaptedFiles(base, changes), TEXT_ENCODER);
  await sink.write(`${TEXT_ENCODER}/model.safetensors`, writeSafetensors(weights, { format: 'pt' }));
}

/** What plugins say about unet/config.json. */
function unetFields(plugins: readonly Plugin[]): JsonObject {
  const own = plugins.flatMap(({ weights = [] }) => weights).filter(({ folder }) => folder === 'unet');
  return Object.assign({}, ...own.map(({ config }) => config));
}

async function copyTree(from: string, to: string): Promise<void> {
  if (!(await stat(from)).isDirectory()) return copyFileAtomically(from, to);
  for (const name of await readdir(from)) await copyTree(join(from, name), join(to, name));
}
