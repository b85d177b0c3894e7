// Whose a parameter is.

import { checkObject, checkObjects, checkText } from '../checks/index.js';
import type { Tensor, Tensors } from '../graph/tensor.js';
import type { Plugin } from './plugin.js';
import type { PluginWeights } from './weights.js';

/** The plugin that owns a parameter, and the weights that it belongs to. */
export interface ParameterOwner {
  readonly plugin: Plugin;
  readonly weights: PluginWeights;
}

/** Whose a parameter is; undefined: the model's own. Throws, naming both, where two claim it. */
export function parameterOwner(plugins: readonly Plugin[], name: string): ParameterOwner | undefined {
  checkObjects(plugins, 'plugins', 'plugins');
  checkText(name, 'name', 'the name of a parameter');
  const owners = plugins.flatMap((plugin) =>
    (plugin.weights ?? []).filter((weights) => weights.owns(name)).map((weights) => ({ plugin, weights })),
  );
  const [first, second] = owners;
  if (first && second) {
    const [a, b] = [first, second].map(({ plugin, weights }) => `${plugin.name} (${weights.folder}/)`);
    throw new Error(`plugins ${a} and ${b}: both own the parameter ${name}; use one of them`);
  }
  return first;
}

/** Whether some plugin says that a parameter never learns. */
export function isFrozen(plugins: readonly Plugin[], name: string): boolean {
  checkObjects(plugins, 'plugins', 'plugins');
  return plugins.some((plugin) => plugin.frozen?.(name) ?? false);
}

/**
 * Parameters with those that plugins bring along. Throws, naming the plugin, where a name is taken; `params` that already
 * hold a plugin's very tensor are left as they are.
 */
export function withPluginParams(params: Tensors, plugins: readonly Plugin[]): Tensors {
  checkObject(params, 'params');
  checkObjects(plugins, 'plugins', 'plugins');
  const merged: Record<string, Tensor> = { ...params };
  for (const plugin of plugins) {
    for (const [name, tensor] of Object.entries(plugin.params ?? {})) {
      if (Object.hasOwn(merged, name) && merged[name] !== tensor) {
        throw new Error(`plugin ${plugin.name}: ${name} is already in the model`);
      }
      merged[name] = tensor;
    }
  }
  return merged;
}

/**
 * Throws, naming the plugin and its folder, where a model has none of the weights of a plugin that `names`, parameters of a
 * graph, ask for. Weights that other software expects in `unet` are the U-Net's matter.
 */
export function requirePluginWeights(
  names: readonly string[],
  params: Tensors,
  plugins: readonly Plugin[],
): void {
  for (const { name: plugin, weights = [] } of plugins) {
    for (const { folder, owns } of weights) {
      const own = folder === 'unet' ? [] : names.filter((name) => owns(name));
      if (own.length === 0 || own.some((name) => Object.hasOwn(params, name))) continue;
      const more = own.length > 1 ? ` and ${own.length - 1} more` : '';
      throw new Error(
        `plugin ${plugin}: the model has no weights for it (${own[0]}${more}, of the folder ${folder}/); train it into the model, or leave the plugin out`,
      );
    }
  }
}
