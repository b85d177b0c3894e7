// Grounding tokens: G = MLP(f_text(phrase), Fourier(box)).

import {
  add,
  concat,
  layers,
  multiply,
  normal,
  reshape,
  type Scope,
  silu,
  subtract,
  type Value,
} from '@spatiallock/core';
import { FOURIER_WIDTH, fourierBoxes } from './boxes.js';

const HIDDEN_WIDTH = 512;

/** What is grounded: K slots for each of N pictures. */
export interface Grounding {
  /** [N, K, 4], x0, y0, x1, y1 in 0..1. */
  readonly boxes: Value;
  /** [N, K], 1 for a slot in use, 0 for an empty one. */
  readonly masks: Value;
  /** Text embedding of each phrase, [N, K, D]. */
  readonly embeddings: Value;
}

/**
 * Grounding tokens [N, K, width]; learned vectors stand in for empty slots.
 * Parameters as diffusers' GLIGENTextBoundingboxProjection names them, under `scope` (`position_net`).
 */
export function groundingTokens(scope: Scope, grounding: Grounding, width: number): Value {
  const { boxes, masks, embeddings } = grounding;
  const [n, k, textWidth] = embeddings.shape as [number, number, number];
  const used = reshape(masks, [n, k, 1]);
  const nullText = scope.param('null_positive_feature', [textWidth], normal(0.02));
  const nullBox = scope.param('null_position_feature', [FOURIER_WIDTH], normal(0.02));
  const text = choose(used, embeddings, nullText);
  const place = choose(used, fourierBoxes(boxes), nullBox);
  let x = concat([text, place], 2);
  x = silu(layers.linear(scope.at('linears', 0), x, HIDDEN_WIDTH));
  x = silu(layers.linear(scope.at('linears', 2), x, HIDDEN_WIDTH));
  return layers.linear(scope.at('linears', 4), x, width);
}

function choose(used: Value, value: Value, empty: Value): Value {
  return add(multiply(value, used), multiply(empty, subtract(1, used)));
}
