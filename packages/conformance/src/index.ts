export type { Case, ConformanceOptions } from './case.js';
export { conformanceCases, failures } from './cases.js';
export { expectTensors } from './compare.js';
export { type Scope, type Tolerances, toleranceOf } from './tolerances.js';
