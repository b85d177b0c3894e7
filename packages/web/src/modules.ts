// The plugins that hold objects to their boxes, for pages: a bundler has to see what it may load.

import { groundingOf, textImageRefusal } from '@spatiallock/checkpoints';
import type { FileSource } from '@spatiallock/core';
import { type DeclaredModule, type ModuleLoader, readModelDeclaration } from '@spatiallock/core/modules';

const GROUNDING = '@spatiallock/poi';
const ATTENTION = '@spatiallock/attention-guidance';

const table: Readonly<Record<string, () => Promise<unknown>>> = {
  [GROUNDING]: () => import('@spatiallock/poi'),
  [ATTENTION]: () => import('@spatiallock/attention-guidance'),
};

/** Loads the modules that `placingOf` names. */
export const placingModules: ModuleLoader = {
  async load(specifier) {
    const load = Object.hasOwn(table, specifier) ? table[specifier] : undefined;
    if (load) return load();
    throw new Error(`${specifier}: this page does not have it`);
  },
};

/** How a model is made to hold objects to their boxes. */
export interface Placing {
  /** By layers of its own that were trained for it, or by what the words of the prompt pay attention to. */
  readonly by: 'layers' | 'attention';
  readonly plugin: DeclaredModule;
  /** Plugins that the model declares and that this page does not have. */
  readonly missing: readonly string[];
}

/** What holds the objects of a model. Rejects where its grounding layers cannot be used, on one line. */
export async function placingOf(files: FileSource): Promise<Placing> {
  const declared = (await readModelDeclaration(files))?.plugins ?? [];
  const grounding = await groundingOf(files);
  if (grounding === 'gated-text-image') throw new Error(textImageRefusal);
  const known = declared.find(({ module }) => module === GROUNDING);
  const missing = declared.map(({ module }) => module).filter((module) => !Object.hasOwn(table, module));
  return known || grounding === 'gated'
    ? { by: 'layers', plugin: known ?? { module: GROUNDING }, missing }
    : { by: 'attention', plugin: { module: ATTENTION }, missing };
}
