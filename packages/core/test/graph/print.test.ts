import { expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';

it('prints one line per node, leaves by name, small constants where they stand', () => {
  const x = g.input('latents', [1, 4, 8, 8]);
  const kernel = g.parameter('unet.conv_in.weight', [2, 4, 3, 3]);
  const ids = g.input('ids', [1], 'int32');
  const y = g.conv2d(x, kernel, { stride: 2, padding: 1 });
  const table = g.constant(g.tensor([1, 2, 3, 4], [2, 2]));
  const graph: g.Graph = {
    inputs: { latents: x, ids },
    params: { 'unet.conv_in.weight': kernel },
    outputs: { y: g.multiply(g.silu(y), 0.5), mask: g.less(y, 0), row: g.gather(table, ids) },
    updates: { 'unet.conv_in.weight': g.negate(kernel) },
  };
  expect(g.printGraph(graph)).toBe(
    `
input latents : [1, 4, 8, 8]
input ids : [1] int32
parameter unet.conv_in.weight : [2, 4, 3, 3]
%0 = conv2d(latents, unet.conv_in.weight) {stride: [2, 2], padding: [1, 1, 1, 1], groups: 1} : [1, 2, 4, 4]
%1 = silu(%0) : [1, 2, 4, 4]
%2 = multiply(%1, 0.5) : [1, 2, 4, 4]
%3 = less(%0, 0) : [1, 2, 4, 4] bool
%4 = constant : [2, 2]
%5 = gather(%4, ids) : [1, 2]
%6 = negate(unet.conv_in.weight) : [2, 4, 3, 3]
output y = %2
output mask = %3
output row = %5
update unet.conv_in.weight = %6`.trim(),
  );
});
