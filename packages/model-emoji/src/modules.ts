// The plugins and detectors that the embedded model declares, where modules are found by a bundler rather than by Node.

import type { FileSource, PluginDefinition } from '@spatiallock/core';
import { checkFunction } from '@spatiallock/core/checks';
import type { ModuleLoader } from '@spatiallock/core/modules';
import { plugin as pog } from '@spatiallock/pog';
import { plugin as poi } from '@spatiallock/poi';

/** The plugins that the model declares, in its order. */
export const modelPlugins: readonly PluginDefinition[] = [poi, pog];

const table: Readonly<Record<string, () => Promise<unknown>>> = {
  '@spatiallock/poi': async () => ({ plugin: poi }),
  '@spatiallock/pog': async () => ({ plugin: pog }),
  '@spatiallock/detectors/center': () => import('@spatiallock/detectors/center'),
  '@spatiallock/detectors/query': () => import('@spatiallock/detectors/query'),
};

/**
 * Finds what the model declares, for `fromPretrained` of `@spatiallock/core` in a page. `folder` gives the files of a folder
 * of a package, `@spatiallock/detectors/weights/query`, from where the page serves them.
 */
export function modelModules(folder: (name: string) => FileSource): ModuleLoader {
  checkFunction(folder, 'folder', 'a function that gives the files of a folder');
  return {
    async load(specifier) {
      const load = Object.hasOwn(table, specifier) ? table[specifier] : undefined;
      if (load) return load();
      throw new Error(`${specifier}: the embedded model does not declare it`);
    },
    files: folder,
  };
}
