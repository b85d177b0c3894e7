// Where the forward pass is cut into segments.

import { bytesOf, isLeaf } from '../../graph/memory.js';
import { topological } from '../../graph/traverse.js';
import type { Value } from '../../graph/value.js';

/** The forward pass in parts: the part of each value, and the values that later parts read. */
export interface Segments {
  readonly count: number;
  readonly of: ReadonlyMap<Value, number>;
  readonly kept: ReadonlySet<Value>;
}

/** What is known of each value of the forward pass, in the order of computation. */
export interface Forward {
  readonly values: readonly Value[];
  /** For each value, the place of the last value of the forward pass that reads it. */
  readonly lastRead: readonly number[];
  /** Bytes up to and including each value, with what composites hold inside. */
  readonly cost: readonly number[];
}

/** The values that `loss` is computed from, without leaves and `fixed` values. */
export function forwardOf(loss: Value, fixed: ReadonlySet<Value>): Forward {
  const values = topological([loss]).filter((value) => !isLeaf(value) && !fixed.has(value));
  const place = new Map(values.map((value, i) => [value, i]));
  const lastRead = values.map((_, i) => i);
  values.forEach((value, i) => {
    for (const x of value.inputs) {
      const at = place.get(x);
      if (at !== undefined) lastRead[at] = i;
    }
  });
  let total = 0;
  const cost = values.map((value) => {
    total += innerBytes(value);
    return total;
  });
  return { values, lastRead, cost };
}

/** Bytes of a value, and of what its expansion computes on the way. */
function innerBytes(value: Value): number {
  if (!value.op.expand) return bytesOf(value);
  const outside = new Set(topological(value.inputs));
  const inside = topological([value.op.expand(value)]).filter((x) => !outside.has(x) && !isLeaf(x));
  return inside.reduce((sum, x) => sum + bytesOf(x), 0);
}

/** About `count` segments of equal cost, cut where the fewest bytes are still to be read. */
export function segmentsOf(forward: Forward, count: number): Segments {
  const { values, lastRead, cost } = forward;
  const waiting = waitingBytes(forward);
  const total = cost.at(-1) ?? 0;
  const cuts: number[] = [];
  for (let j = 1; j < count; j++) {
    const [from, to] = [((j - 0.5) * total) / count, ((j + 0.5) * total) / count];
    let best: number | undefined;
    for (let i = (cuts.at(-1) ?? -1) + 1; i < values.length - 1; i++) {
      if (cost[i]! < from || cost[i]! > to) continue;
      if (best === undefined || waiting[i]! < waiting[best]!) best = i;
    }
    if (best !== undefined) cuts.push(best);
  }
  const of = new Map<Value, number>();
  const kept = new Set<Value>();
  let segment = 0;
  values.forEach((value, i) => {
    of.set(value, segment);
    // Read behind the segment's end.
    const end = cuts[segment];
    if (end !== undefined && lastRead[i]! > end) kept.add(value);
    if (end === i) segment++;
  });
  return { count: cuts.length + 1, of, kept };
}

/** Bytes of values up to each one that a later one reads. */
function waitingBytes({ values, lastRead }: Forward): number[] {
  const done = values.map((): number => 0);
  let now = 0;
  return values.map((value, i) => {
    now += bytesOf(value);
    done[lastRead[i]!]! += bytesOf(value);
    now -= done[i]!;
    return now;
  });
}
