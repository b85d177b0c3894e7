// What commands need of models, so that tests can stand in for them.

import type { Pipeline } from '@spatiallock/core';
import type { Judge } from '@spatiallock/evaluation';
import type { ModelRequest } from './request.js';

/** What the commands use of a pipeline. */
export type Generator = Pick<Pipeline, 'name' | 'device' | 'defaults' | 'check' | 'stream' | 'dispose'>;

export interface OpenModel {
  readonly pipe: Generator;
  /** The detector at hand, if there is one. */
  readonly judge?: Judge;
  close(): Promise<void>;
}

export interface Services {
  /**
   * Loads the model, and the detector that judges it: always where `judged` asks for it, else only for the embedded
   * model. Rejects with an error that names the file at fault.
   */
  open(request: ModelRequest, options: { judged: boolean; signal: AbortSignal }): Promise<OpenModel>;
}
