// Convolutions down to stride 16, a transformer there, and queries that begin as its tokens.

import {
  add,
  constant,
  layers,
  type Scope,
  sigmoid,
  silu,
  stopGradient,
  tensor,
  upsampleNearest,
  type Value,
  type Values,
  zeros,
} from '@spatiallock/core';
import { normActivate, resnet, toMap, toTokens } from '@spatiallock/core/models';
import { normOf, wayDown } from '../pyramid.js';
import { predictionCount, type QueryConfig } from './config.js';
import { lookAround, type Memory, selfAttend, widen } from './decoder.js';
import { boxPositions, cellMiddles, gridPositions } from './position.js';

/** Sides of the box that a query starts from, about the middle of what scenes hold. */
const START_SIDE = 0.3;

/** Names of the outputs of prediction k; the last one is the detector's answer. */
export const outputNames = (k: number) => ({ logits: `logits${k}`, boxes: `boxes${k}` }) as const;

/**
 * Builds the network. `image`: [N, 3, H, W], RGB in -1..1, of the config's size. Returns for each prediction k
 * `logitsK` [N, Q, labels + 1], the last class being "no object", and `boxesK` [N, Q, 4] as centre and size in 0..1.
 *
 * A set predictor in DETR's manner (Carion et al., arXiv 2005.12872), with what lets one learn in few pictures:
 * self-attention on the coarsest map alone, then fused upwards (RT-DETR, arXiv 2304.08069); queries that begin as that
 * map's tokens, each with an anchor in its cell (Anchor DETR, arXiv 2109.07107; Efficient DETR, arXiv 2104.01318); boxes
 * refined layer by layer (Deformable DETR, arXiv 2010.04159) and attention held near them (SMCA, arXiv 2101.07448).
 */
export function queryNetwork(scope: Scope, config: QueryConfig, image: Value): Values {
  const [finest, fine, coarse] = wayDown(scope, config, image);
  const grid = coarse.shape[2];
  const width = coarse.shape[1];
  const places = gridPositions(grid, width);
  let tokens = add(toTokens(coarse), places);
  for (let k = 0; k < config.encoder_layers; k++) {
    const at = scope.at('encoder', k);
    tokens = widen(at.at('widen'), selfAttend(at.at('attend'), tokens));
  }
  const memory = memoryOf(scope.at('memory'), config, [finest, fine, toMap(tokens, grid, grid)]);

  const learned = scope.at('queries').param('embedding', [grid * grid, width], zeros);
  let queries = add(tokens, learned);
  let anchors = startBoxes(grid, image.shape[0]);
  const outputs: Record<string, Value> = {};
  for (let k = 0; k < predictionCount(config); k++) {
    const at = scope.at('predictions', k);
    if (k > 0) {
      const boxes = sigmoid(anchors);
      const positions = layers.linear(at.at('position'), boxPositions(boxes), width);
      queries = selfAttend(at.at('attend'), queries, positions);
      queries = lookAround(at.at('look'), queries, positions, boxes, memory, config.places);
      queries = widen(at.at('widen'), queries);
    }
    const normal = layers.layerNorm(at.at('norm'), queries);
    const names = outputNames(k);
    outputs[names.logits] = layers.linear(at.at('class'), normal, config.labels.length + 1);
    const hidden = silu(layers.linear(at.at('box', 0), normal, width));
    const refined = add(anchors, layers.linear(at.at('box', 1), hidden, 4, { init: zeros }));
    outputs[names.boxes] = sigmoid(refined);
    // Each layer learns its own step: no gradient passes through the boxes of the one before.
    anchors = stopGradient(refined);
  }
  return outputs;
}

/**
 * What queries look at, as tokens that know their place: the maps of strides 8 and 16 fused, then what stride 4 adds.
 * An object of 1 % of the picture is less than two cells of stride 8 wide: too few to tell its edges by.
 */
function memoryOf(
  scope: Scope,
  config: QueryConfig,
  [finest, fine, coarse]: readonly [Value, Value, Value],
): Memory {
  const norm = normOf(config);
  const channels = fine.shape[1];
  const grid = finest.shape[2];
  const lateral = layers.conv2d(scope.at('lateral'), coarse, channels, 1);
  const fused = resnet(scope.at('block'), add(upsampleNearest(lateral, 2), fine), channels, norm);
  const activated = normActivate(scope.at('norm'), fused, norm);
  const edges = layers.conv2d(scope.at('edges'), finest, channels, 1, { init: zeros });
  const tokens = toTokens(add(upsampleNearest(activated, 2), edges));
  return { tokens: add(tokens, gridPositions(grid, channels)), grid };
}

/** The logits of the anchors, one in the middle of each cell: [N, Q, 4]. */
function startBoxes(grid: number, count: number): Value {
  const logit = (p: number): number => Math.log(p / (1 - p));
  const middles = cellMiddles(grid).data;
  const side = logit(START_SIDE);
  const row = Array.from({ length: grid * grid }, (_, i) => [
    logit(middles[2 * i]),
    logit(middles[2 * i + 1]),
    side,
    side,
  ]).flat();
  const data = Array.from({ length: count }, () => row).flat();
  return constant(tensor(data, [count, grid * grid, 4]));
}
