// What commands need of models, so that tests can stand in for them.

import type { Pipeline } from '@spatiallock/core';
import type { Judge } from '@spatiallock/evaluation';
import type { DownloadProgress } from '@spatiallock/node';
import type { NamingDetector } from './bench/labels.js';
import type { ModelRequest } from './request.js';

/** What the commands use of a pipeline. */
export type Generator = Pick<Pipeline, 'name' | 'device' | 'defaults' | 'check' | 'stream' | 'dispose'>;

export interface OpenModel {
  readonly pipe: Generator;
  /** The detector at hand, if there is one. */
  readonly judge?: Judge;
  /** The folders and files that the model is made of. */
  readonly places?: readonly string[];
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Whether the detector has to be there. */
  readonly judged: boolean;
  readonly signal: AbortSignal;
  readonly onDownload?: (progress: DownloadProgress) => void;
  readonly onWarning?: (message: string) => void;
}

export interface Services {
  /**
   * Loads the model, and the detector that judges it: always where `judged` asks for it, else only for the embedded
   * model. Rejects with an error that names the file at fault.
   */
  open(request: ModelRequest, options: OpenOptions): Promise<OpenModel>;
  /** Opens a detector by its name, on the device of the request. Rejects with an error that names the flag at fault. */
  openDetector(
    detector: DetectorRequest,
    request: Pick<ModelRequest, 'device' | 'threads'>,
  ): Promise<OpenDetector>;
}

export interface DetectorRequest {
  /** `center`, `nanodet`, the path of a module or the name of a package. */
  readonly name: string;
  /** The folder of its weights, for those that need one. */
  readonly files?: string;
  readonly cwd: string;
}

export interface OpenDetector extends NamingDetector {
  dispose?(): Promise<void>;
}
