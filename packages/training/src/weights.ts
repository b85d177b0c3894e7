// Which folder of a model directory a trained parameter belongs to.

import {
  checkPlugins,
  type FileSink,
  isFrozen,
  type Plugin,
  parameterOwner,
  type Tensor,
  type Tensors,
} from '@spatiallock/core';
import { checkKeys, checkMethods, checkObject } from '@spatiallock/core/checks';
import { encodeUtf8, halfPrecision, writeSafetensors } from '@spatiallock/core/io';

/** Trained parameters by folder; `unet` is always there. */
export type TrainedWeights = Readonly<Record<string, Tensors>> & { readonly unet: Tensors };

/** Parts what was trained together, by the plugins' own `weights`; frozen parameters are left out. */
export function partWeights(weights: Tensors, plugins: readonly Plugin[]): TrainedWeights {
  checkObject(weights, 'weights');
  const parts: { [folder: string]: Record<string, Tensor>; unet: Record<string, Tensor> } = { unet: {} };
  for (const [name, tensor] of Object.entries(weights)) {
    if (isFrozen(plugins, name)) continue;
    const folder = parameterOwner(plugins, name)?.weights.folder ?? 'unet';
    parts[folder] ??= {};
    parts[folder][name] = tensor;
  }
  return parts;
}

/** Options of `writePluginWeights`. */
export interface PluginWeightsOptions {
  /** Half precision, but for weights that a plugin keeps in float32. Default false. */
  readonly float16?: boolean;
  /** Texts for the metadata of each file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes the folders of plugins that have weights, with their config.json where they have one; not unet/. */
export async function writePluginWeights(
  sink: FileSink,
  parts: TrainedWeights,
  plugins: readonly Plugin[],
  options: PluginWeightsOptions = {},
): Promise<void> {
  checkMethods(sink, ['write'], 'sink', 'where files are written to, an object with write(path, bytes)');
  checkObject(parts, 'parts');
  checkPlugins(plugins);
  const { float16 = false, metadata = {} } = checkKeys(
    options,
    ['float16', 'metadata'],
    'options',
  ) as PluginWeightsOptions;
  for (const { folder, config, float32 = false } of plugins.flatMap(({ weights = [] }) => weights)) {
    const own = parts[folder] ?? {};
    if (folder === 'unet' || Object.keys(own).length === 0) continue;
    const bytes = writeSafetensors(float16 && !float32 ? halfPrecision(own) : own, {
      ...metadata,
      format: 'pt',
    });
    await sink.write(`${folder}/diffusion_pytorch_model.safetensors`, bytes);
    if (config) {
      await sink.write(`${folder}/config.json`, encodeUtf8(`${JSON.stringify(config, null, 2)}\n`));
    }
  }
}
