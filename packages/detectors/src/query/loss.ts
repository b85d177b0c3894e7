// The loss of a set: each object is answered for by one query, and every other query says "no object".

import {
  abs,
  add,
  argMax,
  cast,
  constant,
  divide,
  gather,
  logSoftmax,
  matmul,
  maximum,
  multiply,
  reshape,
  sliceAxis,
  softmax,
  stopGradient,
  subtract,
  sum,
  swapLast,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import { pairGiou } from './boxes.js';
import { predictionCount, type QueryConfig } from './config.js';
import { outputNames } from './network.js';
import { queryCosts, rowsName } from './targets.js';

/** What "no object" weighs against a class, as in DETR. */
const NOTHING = 0.1;

export interface QueryLoss {
  readonly loss: Value;
  /** Scalars of the last prediction: cross entropy, L1 of the box's four numbers, and 1 - GIoU (0..2). */
  readonly class: Value;
  readonly l1: Value;
  readonly giou: Value;
}

/**
 * The loss, summed over all predictions, and the parts of the last, from `queryNetwork`'s outputs and the inputs of
 * `queryTargetInputs`. Where those hold no `rowsK`, each object is answered for by the query that fits it best at that
 * moment, two objects by one if need be: good enough for guidance, and all in the graph.
 */
export function queryLoss(config: QueryConfig, outputs: Values, targets: Values): QueryLoss {
  const real = sum(targets.classes, [1]);
  const objects = maximum(sum(real), 1);
  const parts = Array.from({ length: predictionCount(config) }, (_, k) => {
    const names = outputNames(k);
    const [logits, boxes] = [outputs[names.logits], outputs[names.boxes]];
    const rows = targets[rowsName(k)] ?? bestRows(logits, boxes, targets);
    const seen = gather(reshape(boxes, [-1, 4]), rows);
    const apart = sum(abs(subtract(seen, targets.boxes)), [1]);
    const unlike = subtract(1, pairGiou(seen, targets.boxes));
    const average = (each: Value): Value => divide(sum(multiply(each, real)), objects);
    return { class: classLoss(logits, rows, targets.classes), l1: average(apart), giou: average(unlike) };
  });
  const totals = parts.map((part) =>
    add(
      multiply(part.class, queryCosts.class),
      add(multiply(part.l1, queryCosts.l1), multiply(part.giou, queryCosts.giou)),
    ),
  );
  return { loss: totals.reduce((total, each) => add(total, each)), ...parts[parts.length - 1] };
}

/** Cross entropy over all queries, averaged by weight: those of `rows` learn their object's class. */
function classLoss(logits: Value, rows: Value, classes: Value): Value {
  const kinds = logits.shape[2];
  const chances = reshape(logSoftmax(logits, -1), [-1, kinds]);
  const nothing = (rowsOf: Value): Value => reshape(sliceAxis(rowsOf, 1, kinds - 1, kinds), [-1]);
  const own = gather(chances, rows);
  const objects = sum(classes);
  const told = sum(multiply(own, classes));
  const silent = subtract(sum(nothing(chances)), sum(multiply(nothing(own), sum(classes, [1]))));
  const weight = add(objects, multiply(subtract(chances.shape[0], objects), NOTHING));
  return divide(add(told, multiply(silent, NOTHING)), multiply(weight, -1));
}

/** For each slot the row of N * Q queries that costs least, int32 [P]. */
function bestRows(logits: Value, boxes: Value, { classes, boxes: asked }: Values): Value {
  const [count, queries, kinds] = logits.shape;
  const slots = asked.shape[0] / count;
  const known = matmul(reshape(classes, [count, slots, kinds]), swapLast(softmax(logits, -1)));
  const [one, other] = [reshape(asked, [count, slots, 1, 4]), reshape(boxes, [count, 1, queries, 4])];
  const apart = sum(abs(subtract(one, other)), [3]);
  const fit = add(
    multiply(known, queryCosts.class),
    subtract(multiply(pairGiou(one, other), queryCosts.giou), multiply(apart, queryCosts.l1)),
  );
  const best = cast(argMax(stopGradient(fit), 2), 'float32');
  const firsts = Float32Array.from({ length: count }, (_, n) => n * queries);
  return cast(reshape(add(best, constant(tensor(firsts, [count, 1]))), [-1]), 'int32');
}
