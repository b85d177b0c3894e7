// Object-relative injection (ours): every cell learns which object it lies in, and where in that object.
// Without it attention must learn from Fourier numbers alone where a box lies on the grid; see the ablation in
// packages/model-emoji/README.md.

import {
  add,
  divide,
  layers,
  multiply,
  reshape,
  type Scope,
  silu,
  sliceAxis,
  sum,
  transpose,
  type Value,
  zeros,
} from '@spatiallock/core';
import { relativeBoxes } from './boxes.js';
import type { Grounding } from './groundingTokens.js';

/** Width of the layer that joins object and place. */
export const INJECTION_WIDTH = 160;
/** Layers that work the joined message out, and their hidden width. */
const REFINEMENTS = 3;
const REFINED_WIDTH = 512;
/** Keeps a cell that boxes hardly touch from being filled whole. */
const SOFTENING = 0.1;

/**
 * The message to each cell of a grid, [N, cells, width]: three times m <- m + E SiLU(D m), from
 * m = sum_o c_po (1 + C g_o) SiLU(A g_o + B f_po) / (sum_o c_po + 0.1).
 * C and each E start at zero. With C each thing mixes the shared functions of place in its own way, at no cost to speak
 * of; the D and E have the room to say what this thing looks like at this place.
 * Made once for each grid and shared by all sites on it. Only the first `objects` slots are read: the rest must be empty.
 */
export function cellMessages(
  scope: Scope,
  grounding: Grounding,
  tokens: Value,
  height: number,
  width: number,
  objects: number,
): Value {
  const first = (x: Value): Value => sliceAxis(x, 1, 0, objects);
  const { features, coverage } = relativeBoxes(first(grounding.boxes), first(grounding.masks), height, width);
  const [n, k, cells] = features.shape as [number, number, number, number];
  const what = layers.linear(scope.at('object'), first(tokens), INJECTION_WIDTH);
  const gain = layers.linear(scope.at('gain'), first(tokens), INJECTION_WIDTH, { init: zeros });
  const where = layers.linear(scope.at('place'), features, INJECTION_WIDTH, { bias: false });
  const perObject = (x: Value): Value => reshape(x, [n, k, 1, INJECTION_WIDTH]);
  const joined = multiply(silu(add(perObject(what), where)), add(perObject(gain), 1));
  const total = sum(multiply(joined, coverage), [1]);
  return refined(
    scope.at('refine'),
    divide(total, add(reshape(sum(coverage, [1]), [n, cells, 1]), SOFTENING)),
  );
}

/** Layers are numbered as in PyTorch's Sequential: 0 and 2, then 4 and 6, activations between. */
function refined(scope: Scope, joined: Value): Value {
  let messages = joined;
  for (let k = 0; k < REFINEMENTS; k++) {
    const hidden = silu(layers.linear(scope.at(4 * k), messages, REFINED_WIDTH));
    messages = add(messages, layers.linear(scope.at(4 * k + 2), hidden, INJECTION_WIDTH, { init: zeros }));
  }
  return messages;
}

/** tokens [N, cells, C] plus strength W m; W starts at zero. */
export function injectTokens(scope: Scope, tokens: Value, messages: Value, strength: Value): Value {
  return add(tokens, multiply(project(scope, messages, tokens.shape.at(-1)!), strength));
}

/** map [N, C, H, W] plus strength W m; W starts at zero. */
export function injectMap(scope: Scope, map: Value, messages: Value, strength: Value): Value {
  const message = transpose(project(scope, messages, map.shape[1]!), [0, 2, 1]);
  return add(map, multiply(reshape(message, map.shape), strength));
}

function project(scope: Scope, messages: Value, channels: number): Value {
  return layers.linear(scope.at('out'), messages, channels, { bias: false, init: zeros });
}
