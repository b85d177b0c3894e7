import { reshape, type Value } from '@spatiallock/core';
import { addOp, type ConvAttrs, conv2dOp, node, type Op, reshapeOp } from '@spatiallock/core/backend';
import type { Rule } from './rewrite.js';

/** Inputs x, kernel, bias [O]: the runtime adds the bias while it writes the convolution. */
export const conv2dBiasOp: Op = {
  name: 'conv2dBias',
  infer: (inputs, attrs) => conv2dOp.infer(inputs.slice(0, 2), attrs),
};

/** conv2d(x, kernel) + [1, O, 1, 1], where nothing else reads the convolution. */
export const fuseBias: Rule = (value, uses) => {
  if (value.op !== addOp) return undefined;
  const [a, b] = value.inputs as [Value, Value];
  return withBias(a, b, uses) ?? withBias(b, a, uses);
};

function withBias(conv: Value, bias: Value, uses: ReadonlyMap<Value, number>): Value | undefined {
  if (conv.op !== conv2dOp || uses.get(conv) !== 1) return undefined;
  const channels = conv.shape[1]!;
  const perChannel = bias.shape.length === 4 && bias.shape.every((n, i) => n === (i === 1 ? channels : 1));
  if (!perChannel || bias.op !== reshapeOp) return undefined;
  return node(conv2dBiasOp, [...conv.inputs, reshape(bias, [channels])], {
    ...(conv.attrs as unknown as ConvAttrs),
  });
}
