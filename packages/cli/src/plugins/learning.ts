// The plugins that a training is given: those of the base model with weights of their own, and those that are named.

import type { Backend, FileSource, Plugin } from '@spatiallock/core';
import { type DeclaredModule, openPlugin, pluginContext } from '@spatiallock/core/modules';
import { groundingPlugin, standardDetectors } from '@spatiallock/node';
import { InputError, oneLine } from '../errors.js';
import type { KnownPlugin, KnownPlugins } from './known.js';
import type { PluginSettings } from './settings.js';

export interface LearningPlugins {
  readonly plugins: readonly Plugin[];
  /** How the trained model declares them. */
  readonly declare: readonly DeclaredModule[];
}

/**
 * Makes them: the model's own, then --plugin's, then those that a flag of training asks for. A model without any gets the
 * plugin that grounds. Rejects with an InputError that names the module at fault.
 */
export async function learningPlugins(
  known: KnownPlugins,
  training: PluginSettings,
  base: FileSource,
  backend: Backend,
): Promise<LearningPlugins> {
  const { detectors, modules } = known;
  const context = pluginContext(
    { detectors: { ...standardDetectors, ...detectors } },
    { files: base, backend, modules },
  );
  const plugins: Plugin[] = [];
  const declare: DeclaredModule[] = [];
  for (const each of ordered(known.plugins)) {
    const { definition, declared, by } = each;
    const asked = training[definition.name];
    const isNeeded = by === 'nobody' && isDefault(each, known.plugins);
    if (by === 'nobody' && !asked && !isNeeded) continue;
    // A plugin that guides by a detector alone has nothing to learn.
    const options = asked ? { ...asked } : declared.options;
    const plugin = await openPlugin(
      definition,
      { ...declared, ...(options ? { options } : {}) },
      context,
      modules,
    ).catch((cause: unknown) => {
      throw new InputError(oneLine(cause), { cause });
    });
    if (by !== 'flag' && !asked && (plugin.weights ?? []).length === 0) continue;
    plugins.push(plugin);
    // What takes part in training alone is no part of the model.
    if (!asked) declare.push(declared);
  }
  return { plugins, declare };
}

const ORDER = ['model', 'flag', 'nobody'] as const;

const ordered = (plugins: readonly KnownPlugin[]): KnownPlugin[] =>
  [...plugins].sort((a, b) => ORDER.indexOf(a.by) - ORDER.indexOf(b.by));

/** Whether a plugin is the one that models without any are trained with. */
const isDefault = ({ declared }: KnownPlugin, all: readonly KnownPlugin[]): boolean =>
  declared.module === groundingPlugin.module && all.every(({ by }) => by === 'nobody');
