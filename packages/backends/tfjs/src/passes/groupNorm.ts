import {
  add,
  broadcastTo,
  divide,
  mean,
  multiply,
  reshape,
  sqrt,
  subtract,
  type Value,
} from '@spatiallock/core';
import { attrsOf, type GroupNormAttrs } from '@spatiallock/core/backend';

/** groupNorm of x [N, H, W, C]: the numbers of a channel are summed first, then those of its group. */
export function groupNormLast(value: Value, x: Value, weight: Value, bias: Value): Value {
  const { groups, epsilon } = attrsOf<GroupNormAttrs>(value);
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const pixels = reshape(x, [n, h * w, c]);
  const average = (numbers: Value): Value =>
    mean(reshape(mean(numbers, [1]), [n, groups, c / groups]), [2], true);
  const perChannel = (ofGroups: Value): Value =>
    reshape(broadcastTo(ofGroups, [n, groups, c / groups]), [n, 1, c]);
  const centred = subtract(pixels, perChannel(average(pixels)));
  const inverse = divide(1, sqrt(add(average(multiply(centred, centred)), epsilon)));
  const factor = multiply(perChannel(inverse), weight);
  return reshape(add(multiply(centred, factor), bias), x.shape);
}
