export { wayDown } from '../pyramid.js';
export { defaultQueryConfig, parseQueryConfig, type QueryConfig, queryCount } from './config.js';
export { decodeQueries, type QueryDecodeOptions } from './decode.js';
export { type QueryDetector, type QueryDetectorOptions, queryDetector, queryGraph } from './detector.js';
export { queryGuide } from './guide.js';
export { type QueryLoss, queryLoss } from './loss.js';
export { queryModule as default } from './module.js';
export { queryNetwork } from './network.js';
export { matchQueries, type QueryTargetOptions, queryTargetInputs, queryTargets } from './targets.js';
