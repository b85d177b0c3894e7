// The plugin: phrases and boxes enter the U-Net as grounding tokens.

import {
  add,
  type CallProgress,
  checkFlag,
  checkKeys,
  checkNumber,
  earlyCalls,
  type InputContext,
  input,
  type Layout,
  MAX_OBJECTS,
  type Plugin,
  type Site,
  showValue,
  subtract,
  type Tensor,
  type Tensors,
  tensor,
  type UNetContext,
  type UNetPart,
  type Value,
} from '@spatiallock/core';
import { groundingAttention } from './groundingAttention.js';
import { groundingTokens } from './groundingTokens.js';
import { cellMessages, injectMap, injectTokens } from './injection.js';

export interface PoiOptions {
  /** How strongly objects are held to their boxes, 0..10: 1 as trained, 0 off. */
  readonly strength?: number;
  /**
   * Scheduled sampling: the share of the calls, from the first, in which PoI acts, 0..1; at least one call where it is
   * above 0. Default 1 where the checkpoint has object-relative injection, 0.3 where it has not (GLIGEN's own setting).
   */
  readonly until?: number;
  /** Gated attention (GLIGEN's layer); default true. False is for ablations. */
  readonly attention?: boolean;
  /**
   * Where gated attention stands. `sequential`, GLIGEN's place and the default: cross-attention reads what it gives.
   * `parallel`: both read the output of self-attention, and what it adds joins after cross-attention (ReGround,
   * arXiv 2403.13589, section 4). Needs no other weights, though they fit one place better than the other.
   */
  readonly placement?: 'sequential' | 'parallel';
  /** Object-relative injection; default: if the checkpoint has it. */
  readonly injection?: boolean;
  /** Replaces every object by the learned null: what remains is the caption. For ablations. */
  readonly nullTokens?: boolean;
}

/** Names of the graph inputs that PoI is fed by. */
export const poiInputs = {
  boxes: 'poi.boxes',
  masks: 'poi.masks',
  embeddings: 'poi.embeddings',
  strength: 'poi.strength',
} as const;

const INJECTION = 'injection';

/** Position-Engaged Injection (SpatialLock, arXiv 2511.04112). */
export function poi(options: PoiOptions = {}): Plugin {
  checkOptions(options);
  const { strength = 1 } = options;
  return {
    name: 'poi',
    groundsObjects: true,
    weights: ['poi'],
    unet: (context) => unetPart(context, options),
    inputs: async (rows, context) => {
      const grounding = options.nullTokens ? rows.map(() => undefined) : rows;
      const fixed = await groundingOf(grounding, context);
      const until = options.until ?? (injects(context, options) ? 1 : 0.3);
      return ({ call, calls }: CallProgress) => {
        const acts = call < earlyCalls(until, calls);
        return { ...fixed, [poiInputs.strength]: tensor([acts ? strength : 0], []) };
      };
    },
  };
}

const PLACEMENTS = ['sequential', 'parallel'];

function checkOptions(options: PoiOptions): void {
  const known = ['strength', 'until', 'attention', 'placement', 'injection', 'nullTokens'];
  const { strength, until, placement, ...flags } = checkKeys(options, known, 'poi');
  if (strength !== undefined) checkNumber(strength, { min: 0, max: 10 }, 'poi.strength');
  if (until !== undefined) checkNumber(until, { min: 0, max: 1 }, 'poi.until');
  if (placement !== undefined && !PLACEMENTS.some((known) => known === placement)) {
    throw new Error(`poi.placement: must be one of ${PLACEMENTS.join(', ')}, not ${showValue(placement)}`);
  }
  for (const [name, value] of Object.entries(flags)) {
    if (value !== undefined) checkFlag(value, `poi.${name}`);
  }
}

function injects(context: Pick<UNetContext, 'has'>, options: PoiOptions): boolean {
  return options.injection ?? context.has(`${INJECTION}.1.object.weight`);
}

function unetPart(context: UNetContext, options: PoiOptions): UNetPart {
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
  // Cells of one grid are told the same at every site: the messages are made once a grid.
  const messagesAt = ({ height, width: columns }: Site): Value => {
    const grid = String(context.height / height);
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
  return {
    inputs,
    hooks: {
      attention(x, site, tell) {
        const attended = attends
          ? groundingAttention(site.scope.at('fuser'), x, tokens, site.heads, strength, tell)
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
      residual: (map, site) =>
        injecting ? injectMap(site.scope.at(INJECTION), map, messagesAt(site), strength) : map,
    },
  };
}

async function groundingOf(rows: readonly (Layout | undefined)[], context: InputContext): Promise<Tensors> {
  const phrases = rows.flatMap((layout) => layout?.objects.map(({ phrase }) => phrase) ?? []);
  const pooled = phrases.length > 0 ? await context.encodePhrases(phrases) : undefined;
  const width = context.config.cross_attention_dim;
  let next = 0;
  const objects = rows.map((layout) =>
    (layout?.objects ?? []).map(({ box }) => ({ box, embedding: rowOf(pooled!, next++, width) })),
  );
  return groundingTensors(objects, width);
}

function rowOf(table: Tensor, row: number, width: number): Float32Array {
  return (table.data as Float32Array).subarray(row * width, (row + 1) * width);
}

/** One object ready to be fed: its box, and its phrase's embedding [D]. */
export interface GroundedObject {
  readonly box: readonly number[];
  readonly embedding: Float32Array;
}

/** The boxes, masks and embeddings of a batch, in slots that are zero where no object is. */
export function groundingTensors(rows: readonly (readonly GroundedObject[])[], width: number): Tensors {
  const batch = rows.length;
  const boxes = new Float32Array(batch * MAX_OBJECTS * 4);
  const masks = new Float32Array(batch * MAX_OBJECTS);
  const embeddings = new Float32Array(batch * MAX_OBJECTS * width);
  rows.forEach((objects, row) => {
    objects.forEach(({ box, embedding }, i) => {
      const slot = row * MAX_OBJECTS + i;
      boxes.set(box, slot * 4);
      masks[slot] = 1;
      embeddings.set(embedding, slot * width);
    });
  });
  return {
    [poiInputs.boxes]: tensor(boxes, [batch, MAX_OBJECTS, 4]),
    [poiInputs.masks]: tensor(masks, [batch, MAX_OBJECTS]),
    [poiInputs.embeddings]: tensor(embeddings, [batch, MAX_OBJECTS, width]),
  };
}
