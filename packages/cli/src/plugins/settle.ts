// Which plugins take part in painting some layouts, and with which options.

import type { Layout } from '@spatiallock/core';
import { loadDetector, readCategories } from '@spatiallock/core/modules';
import { taughtLabelling } from '@spatiallock/core/pipeline';
import { directory, standardDetectors } from '@spatiallock/node';
import { InputError, oneLine, reading } from '../errors.js';
import { localFiles } from '../localModel.js';
import type { ModelRequest } from '../request.js';
import type { KnownPlugin, KnownPlugins } from './known.js';
import { flagNamed, type PluginSettings } from './settings.js';

/**
 * The request with the options of every plugin that takes part in painting these layouts. Rejects with an InputError that
 * names the flag of the setting at fault.
 */
export async function settlePlugins<Request extends ModelRequest>(
  request: Request,
  known: KnownPlugins,
  layouts: readonly Layout[],
): Promise<Request> {
  const given = request.settings ?? {};
  const ablated = known.plugins.some(({ definition: { name, settings = [] } }) =>
    settings.some(({ use, option }) => use === 'ablation' && given[name]?.[option] === true),
  );
  const guideKnows = known.plugins.some(({ definition }) => definition.settle)
    ? await guideWords(request, known)
    : undefined;
  const settle = (plugin: KnownPlugin) => {
    const { definition, declared, by } = plugin;
    const own = given[definition.name] ?? {};
    if (!definition.settle) return own;
    try {
      return definition.settle({
        given: own,
        layouts,
        ablated,
        ...(by !== 'nobody' ? { declared: declared.options ?? {} } : {}),
        ...(guideKnows ? { guideKnows } : {}),
      });
    } catch (cause) {
      throw new InputError(flagNamed(oneLine(cause), plugin), { cause });
    }
  };
  const settings: PluginSettings = Object.fromEntries(
    known.plugins.flatMap((plugin) => {
      const { definition, by } = plugin;
      const settled = settle(plugin);
      const isAsked = ablated || Object.keys(given[definition.name] ?? {}).length > 0;
      // A model that is not here yet may declare the plugin; what it recommends then holds.
      if (settled === undefined && by === 'nobody' && !isAsked) return [];
      return [[definition.name, settled ?? null]];
    }),
  );
  return { ...request, settings };
}

/** Whether the detector that guides knows a phrase; undefined where it has to be opened to tell. */
async function guideWords(
  { model, source }: ModelRequest,
  { detectors, modules }: KnownPlugins,
): Promise<((phrase: string) => boolean) | undefined> {
  const declared = detectors.guides ?? standardDetectors.guides;
  const files = model === undefined ? undefined : directory(model);
  return reading(async () => {
    const { definition, files: folder } = await loadDetector(declared, modules, files);
    const words = await definition.vocabulary?.(folder);
    if (!words) return undefined;
    const own = await localFiles({ model, source });
    const labelOf = taughtLabelling(words, own ? await readCategories(own) : []);
    return (phrase: string) => labelOf(phrase) !== undefined;
  }, 'the detector that guides: ');
}
