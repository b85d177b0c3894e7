// The plugin: a loss on the cross-attention of each phrase's tokens moves the latents.

import {
  add,
  type CallProgress,
  divide,
  type Guidance,
  maximum,
  mean,
  multiply,
  type NetworkContext,
  type NetworkPart,
  PLUGIN_VERSION,
  type Plugin,
  reshape,
  subtract,
  sum,
  type UpdateState,
  type Value,
} from '@spatiallock/core';
import { boxDiffLoss, phraseMaps } from './boxDiffLoss.js';
import { boxCells } from './cells.js';
import { type Targets, targetInputs, targetTensors } from './inputs.js';
import { layoutLoss } from './layoutLoss.js';
import { type AttentionMap, attentionReader, chosenMaps, groupedByGrid } from './maps.js';
import {
  type AttentionGuidanceOptions,
  type Method,
  type ParsedOptions,
  parseCallOptions,
  parseOptions,
  type Settings,
} from './options.js';
import { checkPhrases } from './phrases.js';

/**
 * Places objects by the attention that the prompt's own words pay, on any checkpoint with cross-attention; no weights are
 * needed. Each phrase must stand in the prompt. The options of a call stand over those given here. Throws an error that
 * names the option which is not known or cannot be used.
 *
 * @example
 * ```ts
 * import { attentionGuidance } from '@spatiallock/attention-guidance';
 * import { cpu } from '@spatiallock/backend-onnx';
 * import { fromPretrained } from '@spatiallock/node';
 *
 * const plugins = [attentionGuidance({ method: 'boxdiff' })];
 * const pipe = await fromPretrained('stable-diffusion-v1-5', { backend: cpu(), plugins });
 * await pipe.generate({ prompt: 'a dog in a garden', objects: [{ phrase: 'a dog', box: [0, 0.3, 0.5, 0.9] }] });
 * ```
 */
export function attentionGuidance(options: AttentionGuidanceOptions = {}): Plugin<Settings> {
  const parsed = parseOptions(options);
  return {
    name: 'attentionGuidance',
    pluginVersion: PLUGIN_VERSION,
    groundsObjects: true,
    checkLayout: checkPhrases,
    parseOptions: (given, path) => parseCallOptions(given, parsed.method, parsed.settings, path),
    network: (context) => networkPart(context, parsed),
    guidance: guidanceOf(parsed),
  };
}

function networkPart(context: NetworkContext, { method, attentionRes }: ParsedOptions): NetworkPart {
  const { hooks, read } = attentionReader();
  const { inputs, targets } = targetInputs(context);
  const loss = () => losses[method](chosenMaps(read(), method, attentionRes, context), targets);
  return { hooks, guidance: { inputs, loss } };
}

/** One number a picture, [N]. */
const losses: Readonly<Record<Method, (maps: readonly AttentionMap[], targets: Targets) => Value>> = {
  layout(maps, { boxes, alike, tokens, used }) {
    const each = maps.map(({ probs, site }) =>
      layoutLoss(probs, boxCells(boxes, alike, site.height, site.width).inside, tokens),
    );
    return divide(sum(multiply(average(each), used), [1]), maximum(sum(used, [1]), 1));
  },
  boxdiff(maps, { boxes, alike, tokens, used, competing, P, L }) {
    const each = [...groupedByGrid(maps).values()].map((group) => {
      const { height, width } = group[0]!.site;
      const probs = average(group.map((map) => mean(map.probs, [1])));
      const cells = boxCells(boxes, alike, height, width);
      return boxDiffLoss(phraseMaps(probs, tokens, competing, height, width), cells, P, L);
    });
    return sum(multiply(average(each), used), [1]);
  },
};

const average = (values: readonly Value[]): Value =>
  divide(
    values.reduce((total, value) => add(total, value)),
    values.length,
  );

/** The share of BoxDiff's scale at its last call is the square root of this; at its first it is 1. */
const LAST_SCALE = 0.5;

function guidanceOf({ method, onMove }: ParsedOptions): Guidance<Settings> {
  return {
    settings({ lossScale, lossThreshold: stop, maxIter: repeats, until }) {
      const falling = ({ stepIndex, calls }: CallProgress): number =>
        lossScale * Math.sqrt(1 - ((1 - LAST_SCALE) * stepIndex) / Math.max(1, calls - 1));
      const strength = method === 'boxdiff' && lossScale > 0 ? falling : lossScale;
      return { strength, stop, repeats, until };
    },
    feed: targetTensors,
    update: method === 'layout' ? layoutUpdate : plainUpdate,
    ...(onMove ? { onMove } : {}),
  };
}

/** The gradient step of latents as the network sees them, brought back to where sampling stands. */
function plainUpdate({ sample, gradient, strength, inputScale }: UpdateState): Value {
  return subtract(sample, multiply(gradient, divide(strength, multiply(inputScale, inputScale))));
}

/** By sigma^2 of latents with noise of that deviation (arXiv 2304.03373), for any scheduler. */
function layoutUpdate(state: UpdateState): Value {
  const noise = reshape(subtract(1, state.alphaCumprod), [-1, 1, 1, 1]);
  return plainUpdate({ ...state, gradient: multiply(state.gradient, noise) });
}
