// What a training changes of a model, laid over its base: new words, and weights.

export * from '../adapters/index.js';
