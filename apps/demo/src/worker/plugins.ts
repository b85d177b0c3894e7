// The plugins that the model declares: those that always act, and the one that guides when it is asked for.

import type { Backend, FileSource, Plugin } from '@spatiallock/core';
import {
  type DeclaredModule,
  loadPlugin,
  type ModelDeclaration,
  openPlugin,
  pluginContext,
  readModelDeclaration,
} from '@spatiallock/core/modules';
import { modelModules } from '@spatiallock/model-emoji/modules';
import { guiding } from '../state/pluginSettings.js';

export interface ModelPlugins {
  /** All but the one that guides. */
  readonly plain: readonly Plugin[];
  /** Those, and the one that guides. Rejects where its detector cannot be fetched. */
  guided(): Promise<readonly Plugin[]>;
}

/** `files`: the model's; `folder`: the files of a folder of a package. */
export async function openModelPlugins(
  files: FileSource,
  backend: Promise<Backend>,
  folder: (name: string) => FileSource,
): Promise<ModelPlugins> {
  const modules = modelModules(folder);
  const declaration: ModelDeclaration = (await readModelDeclaration(files)) ?? { plugins: [], detectors: {} };
  const loaded = await Promise.all(
    declaration.plugins.map(async (declared) => ({
      declared,
      definition: await loadPlugin(declared, modules),
    })),
  );
  type Loaded = (typeof loaded)[number];
  const open = async ({ declared, definition }: Loaded, own: Backend): Promise<Plugin> => {
    const context = pluginContext(declaration, { files, backend: own, modules });
    return openPlugin(definition, declared satisfies DeclaredModule, context, modules);
  };
  const isGuide = ({ definition }: Loaded): boolean => definition.name === guiding.plugin;
  const later = deferred(backend);
  const plain = await Promise.all(loaded.filter((each) => !isGuide(each)).map((each) => open(each, later)));
  return {
    plain,
    async guided() {
      const own = await backend;
      const guides = await Promise.all(loaded.filter(isGuide).map((each) => open(each, own)));
      return [...plain, ...guides];
    },
  };
}

/** A backend that is opened meanwhile: the model is read beside it. */
const deferred = (backend: Promise<Backend>): Backend => ({
  name: 'deferred',
  compile: async (...graph) => (await backend).compile(...graph),
  dispose: async () => (await backend).dispose(),
});
