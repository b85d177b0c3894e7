// The numbers that PoI feeds: boxes, masks and embeddings of a batch, and its strength in each call.

import {
  type CallContext,
  type CallProgress,
  type FeedRow,
  MAX_OBJECTS,
  type Tensor,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { isHeld } from './hold.js';
import { injects } from './network.js';
import type { PoiCallOptions, PoiOptions } from './options.js';
import { poiInputs } from './poiInputs.js';

export async function feedOf(
  rows: readonly FeedRow[],
  context: CallContext<PoiCallOptions>,
  options: PoiOptions,
) {
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

/** The objects of a row: the unconditional ones have those that are not wanted. */
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

async function groundingOf(
  rows: readonly FeedRow[],
  context: CallContext,
  nullTokens: boolean,
): Promise<Tensors> {
  const asked = rows.map((row) => (nullTokens ? [] : objectsOf(row)));
  const phrases = asked.flatMap((objects) => objects.map(({ phrase }) => phrase));
  const pooled = phrases.length > 0 ? await context.encodePhrases(phrases) : undefined;
  const width = context.config.cross_attention_dim;
  let next = 0;
  const objects = asked.map((each) =>
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
