// A plugin's part in sampling, whose errors name the plugin.

import { asPlugin, awaitPlugin } from '../plugin/pluginError.js';
import type { Predict, SamplingPart } from '../plugin/sampling.js';

/** The same part; what its functions throw gets the plugin's name, but not what the prediction inside of `predict` throws. */
export function namedPart(plugin: string, part: SamplingPart): SamplingPart {
  return {
    ...(part.start ? { start: (state) => awaitPlugin(plugin, () => part.start!(state)) } : {}),
    ...(part.predict ? { predict: (next) => namedPredict(plugin, part, next) } : {}),
    ...(part.afterStep ? { afterStep: (state) => awaitPlugin(plugin, () => part.afterStep!(state)) } : {}),
  };
}

function namedPredict(plugin: string, part: SamplingPart, next: Predict): Predict {
  const inner = new Set<unknown>();
  const watched: Predict = async (...call) => {
    try {
      return await next(...call);
    } catch (cause) {
      inner.add(cause);
      throw cause;
    }
  };
  const wrapped = asPlugin(plugin, () => part.predict!(watched));
  if (typeof wrapped !== 'function') return wrapped;
  return (...call) =>
    awaitPlugin(plugin, () => wrapped(...call)).catch((cause: unknown) => {
      // The network and the plugins behind this one are not its own.
      const own = cause instanceof Error && inner.has(cause.cause) ? cause.cause : cause;
      throw own;
    });
}
