export type { EvaluatedObject, Evaluator, ObjectMatch } from '@spatiallock/evaluation';
export { commandArgs, run } from './commands.js';
export { exitCodes } from './errors.js';
export type { Io } from './io.js';
export { nodeServices } from './nodeServices.js';
export type { GenerationMetadata } from './record.js';
export type { ModelRequest } from './request.js';
export type { Generator, OpenModel, Services } from './services.js';
