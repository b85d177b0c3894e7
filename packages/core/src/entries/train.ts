// Training steps as graphs: optimisers, learning rates, the loop.

export * from '../train/index.js';
