// The options of one call, read by the plugins that they are for.

import { checkKeys, checkObjects, showValue } from '../checks/index.js';
import type { Plugin } from './plugin.js';
import { requireSynchronous } from './requireSynchronous.js';

/** What each plugin made of its options. */
export type PluginOptions = ReadonlyMap<Plugin, unknown>;

/**
 * Asks every plugin that takes options, also where none are given for it. Throws an error that names the option where it is
 * for no plugin, or for one that takes none. `path` names the options.
 */
export function parsePluginOptions(
  plugins: readonly Plugin[],
  given: unknown = {},
  path = 'plugins',
): PluginOptions {
  checkObjects(plugins, 'plugins', 'plugins');
  const fields = checkKeys(
    given,
    plugins.map(({ name }) => name),
    path,
  );
  return new Map(
    plugins.map((plugin) => {
      const place = `${path}.${plugin.name}`;
      const own = fields[plugin.name];
      if (plugin.parseOptions) {
        const what = `plugin ${plugin.name}: parseOptions`;
        return [plugin, requireSynchronous(plugin.parseOptions(own, place), what)];
      }
      if (own === undefined) return [plugin, undefined];
      throw new Error(`${place}: this plugin takes no options for a call, not ${showValue(own)}`);
    }),
  );
}
