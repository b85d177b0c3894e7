import type { Backend, FileSource } from '@spatiallock/core';

/** One thing that a backend must do right. */
export interface Case {
  readonly name: string;
  /** Resolves if the backend passes; throws an error with the numbers if it does not. */
  run(backend: Backend): Promise<void>;
}

/** Options of the conformance cases. */
export interface ConformanceOptions {
  /**
   * The folder `diffusers-sd1` of core's test fixtures: small networks with the numbers that PyTorch gives. The
   * cases of networks and the picture need it; without it they are left out.
   */
  readonly fixtures?: FileSource;
}
