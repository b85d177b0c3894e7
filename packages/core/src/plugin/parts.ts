// All plugins of a graph, asked in their order.

import { checkCallback, checkFunction, checkKeys, checkObject, checkObjects } from '../checks/index.js';
import type { Value } from '../graph/value.js';
import type { OwnedHooks } from '../models/combineHooks.js';
import { hookNames } from '../models/hooks.js';
import type { NetworkContext, NetworkPart, TextNetworkPart } from './network.js';
import type { Plugin } from './plugin.js';
import { asPlugin } from './pluginError.js';
import { requireSynchronous } from './requireSynchronous.js';

const PART_FIELDS = ['inputs', 'hooks', 'guidance', 'training'];

/** What every plugin adds to one graph, by plugin in their order. */
export type NetworkParts = ReadonlyMap<Plugin, NetworkPart>;

/**
 * Asks every plugin. Throws, naming the plugin, where it throws, a field or a hook does not exist or the name of an input does not start
 * with the plugin's, and, naming both, where two plugins give one name to inputs of their losses.
 */
export function networkParts(plugins: readonly Plugin[], context: NetworkContext): NetworkParts {
  checkObjects(plugins, 'plugins', 'plugins');
  checkObject(context, 'context');
  const parts = new Map<Plugin, NetworkPart>();
  const owners = new Map<string, string>();
  for (const plugin of plugins) {
    const given = asPlugin(plugin.name, () => plugin.network?.(context));
    const part = requireSynchronous(given, `plugin ${plugin.name}: network()`);
    if (!part) continue;
    checkPart(plugin.name, part);
    const { inputs, guidance, training } = part;
    requireOwnNames(plugin.name, inputs);
    for (const input of Object.keys({ ...guidance?.inputs, ...training?.inputs })) {
      const other = owners.get(input);
      if (other !== undefined) {
        throw new Error(`plugins ${other} and ${plugin.name}: both name an input ${input}; use one of them`);
      }
      owners.set(input, plugin.name);
    }
    parts.set(plugin, part);
  }
  return parts;
}

/** Throws, naming the plugin, at a field or a hook that does not exist: it would have no effect. */
function checkPart(plugin: string, part: NetworkPart): void {
  const title = `plugin ${plugin}: network()`;
  const { hooks, guidance, training } = checkKeys(part, PART_FIELDS, title);
  if (hooks !== undefined) checkHooks(hooks, title, hookNames);
  for (const [name, given] of Object.entries({ guidance, training })) {
    if (given === undefined) continue;
    const { loss } = checkKeys(given, ['inputs', 'loss'], `${title}.${name}`);
    checkFunction(loss, `${title}.${name}.loss`, "a function that gives the loss's graph");
  }
}

/** As `checkPart`, and for the names of its inputs, of what a plugin adds to the text encoder. */
export function checkTextPart(plugin: string, part: TextNetworkPart): void {
  const title = `plugin ${plugin}: text.network()`;
  const { hooks } = checkKeys(requireSynchronous(part, title), ['inputs', 'hooks'], title);
  if (hooks !== undefined) checkHooks(hooks, title, ['parameter']);
  requireOwnNames(plugin, part.inputs);
}

/** Throws, naming the plugin, at a hook that is not among `known`, or is no function. */
function checkHooks(given: unknown, title: string, known: readonly string[]): void {
  const hooks = checkKeys(given, known, `${title}.hooks`);
  for (const [name, hook] of Object.entries(hooks)) checkCallback(hook, `${title}.hooks.${name}`);
}

/** The hooks of parts, for `unet2dCondition`. */
export function hooksOf(parts: NetworkParts): OwnedHooks[] {
  return [...parts].flatMap(([{ name }, { hooks }]) => (hooks ? [{ owner: name, hooks }] : []));
}

/** The graph inputs of all parts. */
export function inputsOf(parts: NetworkParts): Record<string, Value> {
  return Object.assign({}, ...[...parts.values()].map(({ inputs = {} }) => inputs));
}

/** Throws unless every name is `PLUGIN.something`. */
export function requireOwnNames(plugin: string, inputs: Readonly<Record<string, unknown>> = {}): void {
  const stray = Object.keys(inputs).find((name) => !name.startsWith(`${plugin}.`));
  if (stray === undefined) return;
  throw new Error(
    `plugin ${plugin}: the input ${stray} must be named by the plugin, as ${plugin}.${stray.split('.').at(-1)}`,
  );
}
