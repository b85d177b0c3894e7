// What a model directory declares, and the modules of plugins and detectors that it names.

export * from '../modules/index.js';
