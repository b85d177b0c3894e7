// The folder of a fine-tuned model: the base model's files with the trained weights in their places, and `training/`
// with what resuming needs.

import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type JsonObject,
  readComponentConfig,
  readModelIndex,
  readWeights,
  showValue,
  type Tensors,
  type UNet2dConditionConfig,
  writeModelDirectory,
} from '@spatiallock/core';
import { directory, isDirectory, writeFileAtomically } from '@spatiallock/node';
import type { PerceptionConfig } from '@spatiallock/pog';
import { partWeights, writePluginWeights } from '../weights.js';

/** The folder in a model directory that holds state, log and settings of its training. */
export const TRAINING_FOLDER = 'training';

const SETTINGS = 'settings.json';
/** What a training writes itself, or must not take over from its base. */
const OWN_PLACES = new Set([TRAINING_FOLDER, 'unet', 'poi', 'perception', 'model_index.json']);

/**
 * Whether a training with these settings began here already. Rejects where the folder holds another training or
 * anything else.
 */
export async function requireOwnFolder(out: string, settings: JsonObject): Promise<boolean> {
  const text = await readFile(join(out, TRAINING_FOLDER, SETTINGS), 'utf8').catch(() => undefined);
  if (text === undefined) {
    const there = (await isDirectory(out)) ? await readdir(out) : [];
    if (there.length === 0) return false;
    throw new Error(`out: ${out} holds files of another kind; choose a new folder`);
  }
  const before = JSON.parse(text) as JsonObject;
  const other = Object.keys({ ...before, ...settings }).find(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(settings[key]),
  );
  if (other === undefined) return true;
  const [was, is] = [before[other], settings[other]].map((value) =>
    value === undefined ? 'not set' : showValue(value),
  );
  throw new Error(
    `out: ${out} holds a training with ${other} ${was}, not ${is}; choose a new folder, or go on with the old setting`,
  );
}

export async function writeSettings(out: string, settings: JsonObject): Promise<void> {
  await writeFileAtomically(join(out, TRAINING_FOLDER, SETTINGS), `${JSON.stringify(settings, null, 2)}\n`);
}

export interface FineTunedModel {
  readonly base: string;
  readonly out: string;
  readonly unetConfig: UNet2dConditionConfig;
  readonly weights: Tensors;
  readonly perceptionConfig?: PerceptionConfig;
}

/** Copies the base and writes what was trained, in the base's precision; model_index.json comes last. */
export async function writeFineTuned(model: FineTunedModel): Promise<void> {
  const { base, out, weights, perceptionConfig } = model;
  const [source, sink] = [directory(base), directory(out)];
  for (const name of await readdir(base)) {
    if (OWN_PLACES.has(name)) continue;
    await cp(join(base, name), join(out, name), { recursive: true });
  }
  const float16 = Object.values(await readWeights(source, 'unet')).some(({ dtype }) => dtype === 'float16');
  const parts = partWeights(weights);
  await writePluginWeights(sink, parts, { float16, perceptionConfig });
  const { components, ...index } = await readModelIndex(source);
  const config = { ...(await readComponentConfig(source, 'unet')), attention_type: 'gated' };
  const others = Object.keys(components).filter((name) => name !== 'unet');
  await writeModelDirectory(
    sink,
    {
      index: { ...index, className: 'StableDiffusionGLIGENPipeline', components },
      components: {
        unet: { config, weights: parts.unet },
        // Copied above: nothing of them is written again.
        ...Object.fromEntries(others.map((name) => [name, {}])),
      },
    },
    { float16 },
  );
}
