import { composite } from './composite.js';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { linear } from './linear.js';
import type { LoweringTable } from './lowering.js';
import { reduce } from './reduce.js';

export type { Call, LoweringTable, Setup, Step } from './lowering.js';

/** Every op that has kernels; the passes turn all others into these. */
export const lowerings: LoweringTable = {
  ...elementwise,
  ...layout,
  ...reduce,
  ...indexing,
  ...linear,
  ...composite,
};
