import type { Value } from '@spatiallock/core';
import {
  attrsOf,
  castOp,
  constantOp,
  describe,
  type LeafAttrs,
  parameterOp,
} from '@spatiallock/core/backend';

/** What errors and profiles of the runtime call a node: `conv2d[1, 64, 8, 8] of unet.conv_in.weight`. */
export function labelOf(value: Value): string {
  if (value.op === constantOp) return 'constant';
  const read = value.inputs
    .map((x) => (x.op === castOp ? x.inputs[0]! : x))
    .find((x) => x.op === parameterOp);
  return read ? `${describe(value)} of ${attrsOf<LeafAttrs>(read).name}` : describe(value);
}
