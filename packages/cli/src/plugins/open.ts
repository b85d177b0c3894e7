// The plugins of a model that is opened, with the options of its calls.

import type { Backend, Plugin } from '@spatiallock/core';
import { type DeclaredModule, loadPlugin, openPlugin, pluginContext } from '@spatiallock/core/modules';
import {
  type ModelNeeds,
  type ModelSource,
  modelNeeds,
  standardDetectors,
  standardPlugins,
  userFiles,
  WITHOUT_GROUNDING,
} from '@spatiallock/node';
import { InputError, isProgramFault, oneLine } from '../errors.js';
import type { ModelRequest } from '../request.js';
import { type KnownPlugin, modulesFrom } from './known.js';
import { givenFlags } from './settings.js';

export interface OpenedPlugins {
  readonly plugins: readonly Plugin[];
  /** The options of every call, by plugin. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether some plugin holds objects to their boxes. */
  readonly grounded: boolean;
}

/** What the model needs; throws an InputError where its own grounding layers cannot be used. */
export async function needsOfModel({ files, name, remote = false }: ModelSource): Promise<ModelNeeds> {
  const needs = await modelNeeds(files, { remote });
  if (needs.refusal !== undefined) throw new InputError(`--model: ${name} ${needs.refusal}`);
  return needs;
}

/**
 * Makes the plugins that the request and the model name, in the order of the model's, then --plugin's, then those that a flag
 * asks for. Rejects with an InputError that names the module or the flag at fault.
 */
export async function openModelPlugins(
  { plugins: given = [], settings, cwd = '.' }: Pick<ModelRequest, 'plugins' | 'settings' | 'cwd'>,
  source: Pick<ModelSource, 'files' | 'name'>,
  needs: ModelNeeds,
  backend: Backend,
): Promise<OpenedPlugins> {
  const modules = modulesFrom(cwd);
  const detectors = { ...standardDetectors, ...needs.detectors };
  const context = pluginContext({ detectors }, { files: source.files, backend, modules });
  const opened: Plugin[] = [];
  const options: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const known of await named(given, needs, modules)) {
    const { definition, declared, by } = known;
    const settled = settings?.[definition.name];
    // Of a model that was not here when the others were settled; it does what it recommends.
    const asked = settled === undefined && settings && definition.settle && by === 'nobody' ? null : settled;
    if (asked === null || (by === 'nobody' && Object.keys(asked ?? {}).length === 0)) continue;
    const own = by === 'flag' ? { ...context, userFiles: userFiles(cwd) } : context;
    const plugin = await openPlugin(definition, declared, own, modules).catch((cause: unknown) => {
      throw isProgramFault(cause) ? cause : new InputError(oneLine(cause), { cause });
    });
    if (by === 'nobody' && (plugin.weights ?? []).length > 0) {
      throw new InputError(
        `${givenFlags(known, asked ?? {})}: has no effect: ${source.name} ${WITHOUT_GROUNDING}`,
      );
    }
    opened.push(plugin);
    if (plugin.parseOptions) options[plugin.name] = asked ?? {};
  }
  return {
    plugins: opened,
    settings: options,
    grounded: opened.some(({ groundsObjects }) => groundsObjects === true),
  };
}

async function named(
  given: readonly DeclaredModule[],
  { plugins }: ModelNeeds,
  modules: ReturnType<typeof modulesFrom>,
): Promise<KnownPlugin[]> {
  const found: KnownPlugin[] = [];
  const lists = [
    ['model', plugins],
    ['flag', given],
    ['nobody', standardPlugins],
  ] as const;
  for (const [by, list] of lists) {
    for (const declared of list) {
      const definition = await loadPlugin(declared, modules).catch((cause: unknown) => {
        throw new InputError(oneLine(cause), { cause });
      });
      const at = found.findIndex((other) => other.definition.name === definition.name);
      if (at < 0) found.push({ definition, declared, by });
      // --plugin stands in for the model's own of that name.
      else if (by === 'flag') found[at] = { definition, declared, by };
    }
  }
  return found;
}
