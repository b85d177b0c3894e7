// What PoI adds to the U-Net: gated attention over grounding tokens, and object-relative injection.

import {
  add,
  input,
  less,
  MAX_OBJECTS,
  type NetworkContext,
  type NetworkPart,
  subtract,
  type Value,
  where,
} from '@spatiallock/core';
import type { Site } from '@spatiallock/core/models';
import { groundingAttention } from './groundingAttention.js';
import { groundingTokens } from './groundingTokens.js';
import { cellMessages, injectMap, injectTokens } from './injection.js';
import type { PoiOptions } from './options.js';
import { poiInputs } from './poiInputs.js';
import { INJECTION } from './weights.js';

/** Whether object-relative injection acts in a network. */
export function injects(context: Pick<NetworkContext, 'has'>, options: PoiOptions): boolean {
  const { has } = context;
  return (
    options.injection ?? (has(`${INJECTION}.1.object.weight`) || !has('position_net.null_positive_feature'))
  );
}

export function networkPart(context: NetworkContext, options: PoiOptions): NetworkPart {
  const { scope, config, batch } = context;
  const width = config.cross_attention_dim;
  const inputs = {
    [poiInputs.boxes]: input(poiInputs.boxes, [batch, MAX_OBJECTS, 4]),
    [poiInputs.masks]: input(poiInputs.masks, [batch, MAX_OBJECTS]),
    [poiInputs.embeddings]: input(poiInputs.embeddings, [batch, MAX_OBJECTS, width]),
    [poiInputs.strength]: input(poiInputs.strength, []),
  };
  const strength = inputs[poiInputs.strength]!;
  const grounding = {
    boxes: inputs[poiInputs.boxes]!,
    masks: inputs[poiInputs.masks]!,
    embeddings: inputs[poiInputs.embeddings]!,
  };
  const tokens = groundingTokens(scope.at('position_net'), grounding, width);
  const messages = new Map<string, Value>();
  // Cells of one grid get the same message at every site: messages are made once a grid.
  const messagesAt = (site: Site): Value => {
    const { height, width: columns } = site;
    const grid = String(2 ** halvings(site, context));
    const known =
      messages.get(grid) ??
      cellMessages(
        scope.at(INJECTION, grid),
        grounding,
        tokens,
        height,
        columns,
        Math.max(1, context.objects),
      );
    messages.set(grid, known);
    return known;
  };
  const attends = options.attention ?? true;
  const parallel = options.placement === 'parallel';
  // What joins after cross-attention, by the path of its block.
  const waiting = new Map<string, Value>();
  const injecting = injects(context, options);
  // GLIGEN's layers are off for most calls, and backends may then leave them out; with injection they act in all.
  const acting = (value: Value, otherwise: Value): Value =>
    injecting ? value : where(less(0, strength), value, otherwise);
  return {
    inputs,
    hooks: {
      afterSelfAttention(x, site, capture) {
        const attended = attends
          ? acting(groundingAttention(site.scope.at('fuser'), x, tokens, site.heads, strength, capture), x)
          : x;
        if (parallel) waiting.set(site.scope.path, subtract(attended, x));
        const placed = parallel ? x : attended;
        return injecting
          ? injectTokens(site.scope.at(INJECTION), placed, messagesAt(site), strength)
          : placed;
      },
      afterCrossAttention(x, { scope: block }) {
        const added = waiting.get(block.path);
        return added ? add(x, added) : x;
      },
      // Where a transformer follows, its tokens are injected into instead.
      afterResnet: (map, site) =>
        injecting && !site.hasAttention
          ? injectMap(site.scope.at(INJECTION), map, messagesAt(site), strength)
          : map,
    },
  };
}

/**
 * How often the latents' grid was halved up to a site. Odd sides are rounded up, so that no quotient of sides tells it, and
 * the smallest grids stay as they are, so that their block has to.
 */
function halvings({ height, width, stage, block }: Site, { config, ...latents }: NetworkContext): number {
  const deepest = config.block_out_channels.length - 1;
  const fits = (level: number): boolean =>
    Math.ceil(latents.height / 2 ** level) === height && Math.ceil(latents.width / 2 ** level) === width;
  const own = stage === 'mid' ? deepest : stage === 'down' ? block : deepest - block;
  if (fits(own)) return own;
  return Math.max(0, Array.from({ length: deepest + 1 }, (_, level) => level).findIndex(fits));
}
