// The plugin specification: see docs/plugins.md.

export * from '../plugin/index.js';
