// What commands need of models, so that tests can stand in for them.

import type { OpenDetector, Pipeline } from '@spatiallock/core';
import type { Evaluator, Examiner } from '@spatiallock/evaluation';
import type { DownloadProgress } from '@spatiallock/node';
import type { ModelRequest } from './request.js';

/** What the commands use of a pipeline. */
export type Generator = Pick<Pipeline, 'name' | 'device' | 'defaults' | 'check' | 'stream' | 'dispose'> &
  Partial<Pick<Pipeline, 'imageSize'>>;

/** A model that is open; `close` frees its pipeline, its detector and its device. */
export interface OpenModel {
  readonly pipe: Generator;
  /** The detector at hand, if there is one. */
  readonly evaluator?: Evaluator & Partial<Examiner>;
  /** The folders and files that the model is made of. */
  readonly places?: readonly string[];
  /** Frees pipeline, detector and device. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Whether the detector has to be there. */
  readonly needsDetector: boolean;
  /** The detector that judges; default the model's own. */
  readonly evaluator?: DetectorRequest;
  readonly signal: AbortSignal;
  readonly onDownload?: (progress: DownloadProgress) => void;
  readonly onWarning?: (message: string) => void;
}

/** What commands open; tests give others. */
export interface Services {
  /**
   * Loads the model, and the detector that judges it: always where `needsDetector` asks for it, else only where the model
   * declares one. Rejects with an error that names the file or the module at fault.
   */
  open(request: ModelRequest, options: OpenOptions): Promise<OpenModel>;
  /**
   * Opens a detector by its name, on the device of the request; `signal` ends the waiting for it and for its answers, and is
   * the command's own by default. Rejects with an error that names the flag at fault.
   */
  openDetector(
    detector: DetectorRequest,
    request: Pick<ModelRequest, 'device' | 'threads' | 'precision'>,
    signal?: AbortSignal,
  ): Promise<OpenDetector & Partial<Examiner>>;
}

export interface DetectorRequest {
  /** A short name of `@spatiallock/detectors`, the path of a module or the name of a package; see `namedDetector`. */
  readonly name: string;
  /** The flag that names it, for errors; default --detector. */
  readonly flag?: string;
  /** The folder of its weights, for those that need one. */
  readonly files?: string;
  readonly cwd: string;
}
