// Files: sources and sinks, safetensors, model directories, JSON.

export * from '../io/index.js';
