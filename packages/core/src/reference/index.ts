export { referenceBackend } from './backend.js';
export type { Dense, Denses, Numbers, Precision } from './dense.js';
export { denseOf, interpret, interpretDouble, tensorsOf } from './interpret.js';
export { kernels as referenceKernels } from './kernels.js';
