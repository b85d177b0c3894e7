// The plugin: phrases and boxes enter the U-Net as grounding tokens.

import { PLUGIN_VERSION, type Plugin } from '@spatiallock/core';
import { feedOf } from './feed.js';
import { poiLayoutFields } from './hold.js';
import { networkPart } from './network.js';
import {
  CALL_OPTIONS,
  checkCallOptions,
  checkOptions,
  type PoiCallOptions,
  type PoiOptions,
} from './options.js';
import { poiWeights, requireGrounding } from './weights.js';

/**
 * Position-Engaged Injection (SpatialLock, arXiv 2511.04112). The options of a call stand over those given here.
 *
 * @example
 * ```ts
 * import { cpu } from '@spatiallock/backend-onnx';
 * import { fromPretrained } from '@spatiallock/node';
 * import { poi } from '@spatiallock/poi';
 *
 * const pipe = await fromPretrained('my-model', { backend: cpu(), plugins: [poi({ until: 0.8 })] });
 * await pipe.generate(
 *   { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }] },
 *   { plugins: { poi: { strength: 0.5 } } },
 * );
 * ```
 */
export function poi(options: PoiOptions = {}): Plugin<PoiCallOptions> {
  checkOptions(options);
  const { strength, until, nullTokens } = options;
  return {
    name: 'poi',
    pluginVersion: PLUGIN_VERSION,
    groundsObjects: true,
    layoutFields: poiLayoutFields,
    weights: poiWeights,
    mergeParams: requireGrounding,
    pipelineClass: 'StableDiffusionGLIGENPipeline',
    parseOptions: (given, path) => ({
      ...{ strength, until, nullTokens },
      ...checkCallOptions(given, CALL_OPTIONS, path),
    }),
    network: (context) => networkPart(context, options),
    feed: (rows, context) => feedOf(rows, context, options),
  };
}
