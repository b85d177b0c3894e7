// What a device of TensorFlow.js is to this package. Kernels are called on the device's own storage, past the
// global engine: the backend that an application chose with `tf.setBackend` stays what it was.

import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** The part of a kernel backend that keeps numbers. Each `TensorInfo` stands for one reference to them. */
export type Storage = Pick<KernelBackend, 'write' | 'read' | 'disposeData' | 'incRef' | 'numDataIds'>;

/** An open device of TensorFlow.js: its kernels and where it keeps tensors. */
export interface Device {
  /** How errors call it. */
  readonly name: string;
  /** Under which name TensorFlow.js registered the kernels. */
  readonly kernels: 'cpu' | 'wasm' | 'webgpu';
  readonly storage: Storage;
  /** Whether `read` hands out the memory that kernels work on. */
  readonly sharesMemory?: boolean;
  /**
   * Whether casting whole numbers to float32 leaves them encoded as they are, and kernels that only move numbers
   * refuse them: so does WebGPU. There, whole numbers are moved as floats, exact to 2^24.
   */
  readonly castsLazily?: boolean;
  /** Throws if the device is lost. */
  checkAlive?(): void;
  /** Throws if a result got no memory. */
  checkAllocated?(info: TensorInfo): void;
  /** Runs work and throws if the device ran out of memory meanwhile. */
  watchMemory?<T>(work: () => Promise<T>): Promise<T>;
  /** Frees the device and what lies on it. */
  dispose(): void;
}
