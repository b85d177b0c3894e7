// From layouts to pictures: loading, text, sampling, decoding, plugins and detectors.

export * from '../detector/index.js';
export * from '../names.js';
export * from '../phrases.js';
export * from '../pipeline/index.js';
export * from '../plurals.js';
