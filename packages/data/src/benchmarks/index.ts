export { type ReadCsvOptions, readBenchmarkCsv } from './csv.js';
export type { BenchmarkLayout, BenchmarkObject } from './layout.js';
export { readMig } from './mig.js';
export { readOverLayBench } from './overlay.js';
