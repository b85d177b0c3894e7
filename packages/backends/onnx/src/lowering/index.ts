import { composite } from './composite.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { type LoweringTable, rename } from './lowering.js';
import { reduce } from './reduce.js';

export type { LoweringTable } from './lowering.js';

/** Every op that is written natively; composites that are missing here are expanded. */
export const lowerings: LoweringTable = {
  ...elementwise,
  ...layout,
  ...reduce,
  ...indexing,
  ...convolution,
  ...composite,
  matmul: rename('MatMul'),
};
