// What the losses are fed: boxes, and which tokens of the prompt stand for them.

import {
  type CallContext,
  input,
  type Layout,
  MAX_OBJECTS,
  type NetworkContext,
  sliceAxis,
  type Tensors,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import type { Settings } from './options.js';
import { objectTokens } from './phrases.js';

/** Names of the graph inputs. */
export const inputNames = {
  /** Corners, [N, MAX_OBJECTS, 4]. */
  boxes: 'attentionGuidance.boxes',
  /** 1 for a slot that holds an object: [N, MAX_OBJECTS]. */
  used: 'attentionGuidance.used',
  /** Each slot's share in each token, 1 in sum: [N, MAX_OBJECTS, T]. */
  tokens: 'attentionGuidance.tokens',
  /** 1 where two slots read the same tokens, themselves included: [N, MAX_OBJECTS, MAX_OBJECTS]. */
  alike: 'attentionGuidance.alike',
  /** 0 for tokens that compete for a cell, very low for start and end: [T]. */
  competing: 'attentionGuidance.competing',
  P: 'attentionGuidance.P',
  L: 'attentionGuidance.L',
} as const;

/** The inputs as values, with the first `objects` slots of those that have slots. */
export interface Targets {
  /** [N, K, 4] */
  readonly boxes: Value;
  /** [N, K] */
  readonly used: Value;
  /** [N, K, T] */
  readonly tokens: Value;
  /** [N, K, K] */
  readonly alike: Value;
  /** [T] */
  readonly competing: Value;
  readonly P: Value;
  readonly L: Value;
}

const VERY_LOW = -1e9;

export function targetInputs({ batch, tokens, objects }: NetworkContext): {
  readonly inputs: Values;
  readonly targets: Targets;
} {
  const shapes = {
    boxes: [batch, MAX_OBJECTS, 4],
    used: [batch, MAX_OBJECTS],
    tokens: [batch, MAX_OBJECTS, tokens],
    alike: [batch, MAX_OBJECTS, MAX_OBJECTS],
    competing: [tokens],
    P: [],
    L: [],
  } as const;
  const names = Object.keys(shapes) as (keyof typeof shapes)[];
  const values = Object.fromEntries(
    names.map((name) => [name, input(inputNames[name], shapes[name])]),
  ) as Record<keyof typeof shapes, Value>;
  const slots = (value: Value): Value => sliceAxis(value, 1, 0, Math.max(1, objects));
  return {
    inputs: Object.fromEntries(names.map((name) => [inputNames[name], values[name]])),
    targets: {
      ...values,
      boxes: slots(values.boxes),
      used: slots(values.used),
      tokens: slots(values.tokens),
      alike: sliceAxis(slots(values.alike), 2, 0, Math.max(1, objects)),
    },
  };
}

/** The numbers for `targetInputs`. */
export function targetTensors(layouts: readonly Layout[], context: CallContext<Settings>): Tensors {
  const { tokens: length, options, tokenizer } = context;
  const rows = layouts.length;
  const boxes = new Float32Array(rows * MAX_OBJECTS * 4);
  const used = new Float32Array(rows * MAX_OBJECTS);
  const tokens = new Float32Array(rows * MAX_OBJECTS * length);
  const alike = new Float32Array(rows * MAX_OBJECTS ** 2);
  layouts.forEach((layout, row) => {
    const positions = objectTokens(layout, context);
    const keys = positions.map((each) => each.join());
    layout.objects.forEach(({ box }, i) => {
      const slot = row * MAX_OBJECTS + i;
      boxes.set(box, 4 * slot);
      used[slot] = 1;
      const own = positions[i]!;
      for (const position of own) tokens[slot * length + position] = 1 / own.length;
      keys.forEach((key, j) => {
        if (key === keys[i]) alike[slot * MAX_OBJECTS + j] = 1;
      });
    });
  });
  const framing = (at: number) => [0, tokenizer.maxLength - 1].includes(at % tokenizer.maxLength);
  const competing = Float32Array.from({ length }, (_, at) => (framing(at) ? VERY_LOW : 0));
  return {
    [inputNames.boxes]: tensor(boxes, [rows, MAX_OBJECTS, 4]),
    [inputNames.used]: tensor(used, [rows, MAX_OBJECTS]),
    [inputNames.tokens]: tensor(tokens, [rows, MAX_OBJECTS, length]),
    [inputNames.alike]: tensor(alike, [rows, MAX_OBJECTS, MAX_OBJECTS]),
    [inputNames.competing]: tensor(competing, [length]),
    [inputNames.P]: tensor([options.P], []),
    [inputNames.L]: tensor([options.L], []),
  };
}
