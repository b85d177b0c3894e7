// Networks of diffusers and transformers as graphs, and their configs.

export * from '../models/index.js';
