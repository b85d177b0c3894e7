// All plugins of a graph, asked in their order.

import type { Value, Values } from '../graph/value.js';
import type { OwnedHooks } from '../models/combineHooks.js';
import type { NetworkContext, NetworkPart } from './network.js';
import type { Plugin } from './plugin.js';

/** What every plugin adds to one graph, by plugin in their order. */
export type NetworkParts = ReadonlyMap<Plugin, NetworkPart>;

/**
 * Asks every plugin. Throws, naming the plugin, where the name of an input does not start with the plugin's, and, naming
 * both, where two plugins give one name to inputs of their losses.
 */
export function networkParts(plugins: readonly Plugin[], context: NetworkContext): NetworkParts {
  const parts = new Map<Plugin, NetworkPart>();
  const owners = new Map<string, string>();
  for (const plugin of plugins) {
    const part = plugin.network?.(context);
    if (!part) continue;
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

/** The hooks of parts, for `unet2dCondition`. */
export function hooksOf(parts: NetworkParts): OwnedHooks[] {
  return [...parts].flatMap(([{ name }, { hooks }]) => (hooks ? [{ owner: name, hooks }] : []));
}

/** The graph inputs of all parts. */
export function inputsOf(parts: NetworkParts): Record<string, Value> {
  return Object.assign({}, ...[...parts.values()].map(({ inputs = {} }) => inputs));
}

/** Throws unless every name is `PLUGIN.something`. */
export function requireOwnNames(plugin: string, inputs: Values = {}): void {
  const stray = Object.keys(inputs).find((name) => !name.startsWith(`${plugin}.`));
  if (stray === undefined) return;
  throw new Error(
    `plugin ${plugin}: the input ${stray} must be named by the plugin, as ${plugin}.${stray.split('.').at(-1)}`,
  );
}
