// Composites: ops with an expansion into primitives, which a backend may lower natively instead.

export * from './activations.js';
export * from './attention.js';
export * from './normalization.js';
export * from './resampling.js';
