// The numbers that a plugin feeds before each call of the U-Net.

import { checkList, checkObject, showValue } from '../checks/index.js';
import type { Tensors } from '../graph/tensor.js';
import type { CallContext, FeedRow } from './feed.js';
import { requireOwnNames } from './parts.js';
import type { Plugin } from './plugin.js';
import { asPlugin, awaitPlugin } from './pluginError.js';
import type { CallProgress } from './progress.js';
import { requireSynchronous } from './requireSynchronous.js';

/**
 * Asks a plugin for its feed; one without feeds nothing. Rejects, naming the plugin, where `feed` throws or gives no
 * function; the function throws at a name that is not the plugin's, for no graph has such an input.
 */
export async function stepFeed(
  plugin: Plugin,
  rows: readonly FeedRow[],
  context: CallContext,
): Promise<(progress: CallProgress) => Tensors> {
  checkObject(plugin, 'plugin');
  checkList(rows, 'rows', 'rows');
  const feed: unknown = await awaitPlugin(plugin.name, () => plugin.feed?.(rows, context));
  if (feed === undefined) return () => ({});
  if (typeof feed !== 'function') {
    throw new Error(
      `plugin ${plugin.name}: feed: must give a function of the call's progress, not ${showValue(feed)}`,
    );
  }
  return (progress) => {
    const given = asPlugin(plugin.name, () => feed(progress) as Tensors);
    const fed = requireSynchronous(given, `plugin ${plugin.name}: the function of feed`);
    requireOwnNames(plugin.name, fed);
    return fed;
  };
}
