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

/** The loss of `query`: a scalar, one number a picture [N], and its parts. */
export interface QueryLoss {
  readonly loss: Value;
  /** The same for each picture on its own, whatever stands beside it in the batch: [N]. */
  readonly perPicture: Value;
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
  const predictions = Array.from({ length: predictionCount(config) }, (_, k) => {
    const names = outputNames(k);
    const [logits, boxes] = [outputs[names.logits], outputs[names.boxes]];
    const rows = targets[rowsName(k)] ?? bestRows(logits, boxes, targets);
    return { class: classLoss(logits, rows, targets.classes), ...boxLosses(boxes, rows, targets) };
  });
  const { class: kind, l1, giou } = predictions[predictions.length - 1];
  return {
    loss: total(predictions, mean),
    perPicture: total(predictions, ({ sum, weight }) => divide(sum, weight)),
    class: mean(kind),
    l1: mean(l1),
    giou: mean(giou),
  };
}

/** A weighted sum of each picture and its weights, both [N]. */
interface Weighed {
  readonly sum: Value;
  readonly weight: Value;
}

type Prediction = Readonly<Record<'class' | 'l1' | 'giou', Weighed>>;

/** Over all pictures of the batch. */
const mean = ({ sum: each, weight }: Weighed): Value => divide(sum(each), sum(weight));

function total(predictions: readonly Prediction[], average: (part: Weighed) => Value): Value {
  const cost = (prediction: Prediction, part: keyof Prediction): Value =>
    multiply(average(prediction[part]), queryCosts[part]);
  return predictions
    .map((each) => add(cost(each, 'class'), add(cost(each, 'l1'), cost(each, 'giou'))))
    .reduce((sofar, each) => add(sofar, each));
}

/** The boxes of `rows` against those asked for; a picture without objects weighs nothing. */
function boxLosses(boxes: Value, rows: Value, targets: Values): Pick<Prediction, 'l1' | 'giou'> {
  const [pictures] = boxes.shape;
  const real = reshape(sum(targets.classes, [1]), [pictures, -1]);
  const weight = maximum(sum(real, [1]), 1e-6);
  const seen = gather(reshape(boxes, [-1, 4]), rows);
  const weigh = (each: Value): Weighed => ({
    sum: sum(multiply(reshape(each, [pictures, -1]), real), [1]),
    weight,
  });
  return {
    l1: weigh(sum(abs(subtract(seen, targets.boxes)), [1])),
    giou: weigh(subtract(1, pairGiou(seen, targets.boxes))),
  };
}

/** Cross entropy over all queries, averaged by weight: those of `rows` learn their object's class. */
function classLoss(logits: Value, rows: Value, classes: Value): Weighed {
  const [pictures, queries, kinds] = logits.shape;
  const chances = reshape(logSoftmax(logits, -1), [-1, kinds]);
  const nothing = (rowsOf: Value): Value => reshape(sliceAxis(rowsOf, 1, kinds - 1, kinds), [-1]);
  const ofPicture = (each: Value): Value => sum(reshape(each, [pictures, -1]), [1]);
  const own = gather(chances, rows);
  const objects = ofPicture(sum(classes, [1]));
  const matched = ofPicture(sum(multiply(own, classes), [1]));
  const answered = ofPicture(multiply(nothing(own), sum(classes, [1])));
  const silent = subtract(ofPicture(nothing(chances)), answered);
  return {
    sum: multiply(add(matched, multiply(silent, NOTHING)), -1),
    weight: add(objects, multiply(subtract(queries, objects), NOTHING)),
  };
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
