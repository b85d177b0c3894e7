// The plugin: phrases and boxes enter the U-Net as grounding tokens.

import {
  add,
  type CallContext,
  type CallProgress,
  type FeedRow,
  input,
  less,
  MAX_OBJECTS,
  type NetworkContext,
  type NetworkPart,
  PLUGIN_VERSION,
  type Plugin,
  subtract,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
  where,
} from '@spatiallock/core';
import { checkFlag, checkKeys, checkNumber, showValue } from '@spatiallock/core/checks';
import type { Site } from '@spatiallock/core/models';
import { groundingAttention } from './groundingAttention.js';
import { groundingTokens } from './groundingTokens.js';
import { isHeld, poiLayoutFields } from './hold.js';
import { cellMessages, injectMap, injectTokens } from './injection.js';
import { INJECTION, poiWeights, requireGrounding } from './weights.js';

/** What may differ from call to call: `generate(layout, { plugins: { poi: { strength: 0.5 } } })`. */
export interface PoiCallOptions {
  /** How strongly objects are held to their boxes, 0..10: 1 as trained, 0 off. */
  readonly strength?: number;
  /**
   * Scheduled sampling: the share of the calls, from the first, in which PoI acts, 0..1; at least one call where it is
   * above 0. Default 1 where the checkpoint has object-relative injection, 0.3 where it has not (GLIGEN's own setting).
   */
  readonly until?: number;
  /** Replaces every object by the learned null: what remains is the caption. For ablations. */
  readonly nullTokens?: boolean;
}

export interface PoiOptions extends PoiCallOptions {
  /** Gated attention (GLIGEN's layer); default true. False is for ablations. */
  readonly attention?: boolean;
  /**
   * Where gated attention stands. `sequential`, GLIGEN's place and the default: cross-attention reads what it gives.
   * `parallel`: both read the output of self-attention, and what it adds joins after cross-attention (ReGround,
   * arXiv 2403.13589, section 4). Needs no other weights, though they fit one place better than the other.
   */
  readonly placement?: 'sequential' | 'parallel';
  /** Object-relative injection; default: if the checkpoint has it, or has no grounding at all, as before training. */
  readonly injection?: boolean;
}

/** Names of the graph inputs that PoI is fed by. */
export const poiInputs = {
  boxes: 'poi.boxes',
  masks: 'poi.masks',
  embeddings: 'poi.embeddings',
  strength: 'poi.strength',
} as const;

/** Position-Engaged Injection (SpatialLock, arXiv 2511.04112). The options of a call stand over those given here. */
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

async function feedOf(rows: readonly FeedRow[], context: CallContext<PoiCallOptions>, options: PoiOptions) {
  const { strength = 1, until = injects(context, options) ? 1 : 0.3, nullTokens = false } = context.options;
  const fixed = await groundingOf(rows, context, nullTokens);
  const holds = rows.map((row) => objectsOf(row).map(({ hold }) => hold));
  const hasOwn = !nullTokens && holds.some((row) => row.some((hold) => hold !== undefined));
  return (progress: CallProgress) => {
    const acts = isHeld([0, until], progress);
    if (!hasOwn) return { ...fixed, [poiInputs.strength]: tensor([acts ? strength : 0], []) };
    const held = holds.map((row) => row.map((hold = [0, until]) => isHeld(hold, progress)));
    const some = held.some((row) => row.includes(true));
    return {
      ...fixed,
      [poiInputs.masks]: masksOf(held),
      [poiInputs.strength]: tensor([some ? strength : 0], []),
    };
  };
}

/** The objects that a row is told of. */
const objectsOf = ({ layout, conditional }: FeedRow) =>
  conditional ? layout.objects : (layout.negativeObjects ?? []);

/** 1 for the slot of each object that is held, [rows, MAX_OBJECTS]. */
function masksOf(held: readonly (readonly boolean[])[]): Tensor {
  const masks = new Float32Array(held.length * MAX_OBJECTS);
  held.forEach((row, at) => {
    row.forEach((isHeld, i) => {
      masks[at * MAX_OBJECTS + i] = isHeld ? 1 : 0;
    });
  });
  return tensor(masks, [held.length, MAX_OBJECTS]);
}

const PLACEMENTS = ['sequential', 'parallel'];
const CALL_OPTIONS = ['strength', 'until', 'nullTokens'];

/** The options that are given, without those that are undefined. */
function checkCallOptions(given: unknown = {}, known: readonly string[], path: string): PoiCallOptions {
  const options = checkKeys(given, known, path);
  const { strength, until, nullTokens } = options;
  if (strength !== undefined) checkNumber(strength, { min: 0, max: 10 }, `${path}.strength`);
  if (until !== undefined) checkNumber(until, { min: 0, max: 1 }, `${path}.until`);
  if (nullTokens !== undefined) checkFlag(nullTokens, `${path}.nullTokens`);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkOptions(options: PoiOptions): void {
  checkCallOptions(options, [...CALL_OPTIONS, 'attention', 'placement', 'injection'], 'poi');
  const { placement, attention, injection } = options;
  if (placement !== undefined && !PLACEMENTS.some((known) => known === placement)) {
    throw new Error(`poi.placement: must be one of ${PLACEMENTS.join(', ')}, not ${showValue(placement)}`);
  }
  for (const [name, value] of Object.entries({ attention, injection })) {
    if (value !== undefined) checkFlag(value, `poi.${name}`);
  }
}

function injects(context: Pick<NetworkContext, 'has'>, options: PoiOptions): boolean {
  const { has } = context;
  return (
    options.injection ?? (has(`${INJECTION}.1.object.weight`) || !has('position_net.null_positive_feature'))
  );
}

function networkPart(context: NetworkContext, options: PoiOptions): NetworkPart {
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

async function groundingOf(
  rows: readonly FeedRow[],
  context: CallContext,
  nullTokens: boolean,
): Promise<Tensors> {
  const told = rows.map((row) => (nullTokens ? [] : objectsOf(row)));
  const phrases = told.flatMap((objects) => objects.map(({ phrase }) => phrase));
  const pooled = phrases.length > 0 ? await context.encodePhrases(phrases) : undefined;
  const width = context.config.cross_attention_dim;
  let next = 0;
  const objects = told.map((each) =>
    each.map(({ box }) => ({ box, embedding: rowOf(pooled!, next++, width) })),
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
