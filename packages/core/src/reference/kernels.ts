import type { Kernels } from './dense.js';
import { elementwiseKernels } from './elementwise.js';
import { indexingKernels } from './indexing.js';
import { layoutKernels } from './layout.js';
import { linearKernels } from './linear.js';
import { reduceKernels } from './reduce.js';

/** A kernel for every primitive, by its name. */
export const kernels: Kernels = {
  ...elementwiseKernels,
  ...layoutKernels,
  ...reduceKernels,
  ...indexingKernels,
  ...linearKernels,
};
