// The backward pass over recomputed values.

import { fixedValues, isLeaf } from '../../graph/memory.js';
import { replaceRoots, rootsOf, withInputs } from '../../graph/rewrite.js';
import { topological } from '../../graph/traverse.js';
import { type Graph, inputOp, type Value } from '../../graph/value.js';
import { forwardOf, type Segments, segmentsOf } from './cuts.js';
import { after, zeroAfter } from './order.js';

/** A graph for each number of segments. */
export function* recomputing(graph: Graph, loss: Value, counts: readonly number[]): Generator<Graph> {
  const roots = rootsOf(graph);
  const order = topological(roots);
  // What depends on parameters alone is as small as they are, and stays.
  const fixed = fixedValues(order);
  const forward = forwardOf(loss, fixed);
  const isForward = new Set(forward.values);
  const backward = order.filter((value) => !isForward.has(value) && !isLeaf(value) && !fixed.has(value));
  const reached = new Set<number>();
  for (const count of counts) {
    const segments = segmentsOf(forward, count);
    if (segments.count < 2 || reached.has(segments.count)) continue;
    reached.add(segments.count);
    yield replaceRoots(graph, backwardOver(segments, backward, new Set(roots)));
  }
}

/**
 * What stands for each value of the backward pass. It is gone through from the last segment to the first; a segment is
 * computed again once everything is known that later segments give: their values are then spent.
 */
function backwardOver(
  segments: Segments,
  backward: readonly Value[],
  roots: ReadonlySet<Value>,
): Map<Value, Value> {
  const last = segments.count - 1;
  const segmentOf = segmentsOfBackward(segments, backward);
  const leaving = lastUses(backward, segmentOf, roots);
  const replaced = new Map<Value, Value>();
  let zero: Value | undefined;
  for (let segment = last; segment >= 0; segment--) {
    const again = segment < last && zero ? computedAgain(segments, segment, zero) : undefined;
    const own = backward.filter((value) => segmentOf.get(value) === segment);
    for (const value of own) {
      const inputs = value.inputs.map((x) => {
        const isOwn = segments.of.get(x) === segment && !segments.kept.has(x);
        return replaced.get(x) ?? (isOwn && again ? again(x) : x);
      });
      replaced.set(value, withInputs(value, inputs));
    }
    const given = own.filter((value) => leaving.get(value)! < segment).map((value) => replaced.get(value)!);
    zero = zeroAfter(given, zero);
  }
  return replaced;
}

/** The segment at which a value of the backward pass can be computed: the first of those that it needs. */
function segmentsOfBackward(segments: Segments, backward: readonly Value[]): Map<Value, number> {
  const found = new Map<Value, number>();
  for (const value of backward) {
    const needed = value.inputs.map(
      (x) => found.get(x) ?? (segments.kept.has(x) ? undefined : segments.of.get(x)),
    );
    found.set(value, Math.min(segments.count - 1, ...needed.filter((n) => n !== undefined)));
  }
  return found;
}

/** The earliest segment at which each value is read; results are read after all. */
function lastUses(
  backward: readonly Value[],
  segmentOf: ReadonlyMap<Value, number>,
  roots: ReadonlySet<Value>,
): Map<Value, number> {
  const found = new Map<Value, number>(
    backward.map((value) => [value, roots.has(value) ? -1 : segmentOf.get(value)!]),
  );
  for (const value of backward) {
    for (const x of value.inputs) {
      const before = found.get(x);
      if (before !== undefined) found.set(x, Math.min(before, segmentOf.get(value)!));
    }
  }
  return found;
}

/**
 * Values of a segment computed anew from what is kept. Every input of the segment goes through `after`: equal nodes would
 * be taken for one, which is what the forward pass computed.
 */
function computedAgain(segments: Segments, segment: number, zero: Value): (value: Value) => Value {
  const known = new Map<Value, Value>();
  const isInside = (x: Value): boolean => segments.of.get(x) === segment && !segments.kept.has(x);
  return (wanted) => {
    const needs = (value: Value): readonly Value[] => (isInside(value) ? value.inputs : []);
    for (const value of topological([wanted], needs)) {
      if (known.has(value)) continue;
      const isGiven = segments.kept.has(value) || value.op === inputOp;
      if (isInside(value)) {
        known.set(
          value,
          withInputs(
            value,
            value.inputs.map((x) => known.get(x)!),
          ),
        );
      } else known.set(value, isGiven ? after(value, zero) : value);
    }
    return known.get(wanted)!;
  };
}
