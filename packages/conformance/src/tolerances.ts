// How far a backend's numbers may lie from the expected ones, all in one place.

import type { DType } from '@spatiallock/core';

/** What is compared: one op, its gradients, a whole network, a few steps of training, a picture. */
export type Scope = 'op' | 'gradient' | 'network' | 'training' | 'picture';

/** The largest difference as a part of the largest expected number; 0 asks for equal numbers. */
export type Tolerances = Readonly<Record<Scope, Readonly<Record<DType, number>>>>;

const exact = { int32: 0, bool: 0 } as const;

/** A half has eleven significant bits, and neighbours may be rounded apart. */
const HALF = 1e-3;

const defaults: Tolerances = {
  op: { float32: 5e-6, float16: HALF, ...exact },
  gradient: { float32: 1e-5, float16: HALF, ...exact },
  network: { float32: 1e-4, float16: HALF, ...exact },
  training: { float32: 1e-3, float16: HALF, ...exact },
  picture: { float32: 5e-3, float16: HALF, ...exact },
};

/** Graphics cards compute sines, exponentials and powers with fewer bits. */
const graphics: Tolerances = {
  op: { ...defaults.op, float32: 5e-4 },
  gradient: { ...defaults.gradient, float32: 5e-4 },
  network: { ...defaults.network, float32: 1e-3 },
  training: { ...defaults.training, float32: 5e-3 },
  picture: { ...defaults.picture, float32: 1e-2 },
};

/** By the name of the backend. */
const byBackend: Readonly<Record<string, Tolerances>> = {
  'tfjs-webgpu': graphics,
  'onnx-webgpu': graphics,
  webgpu: graphics,
  cuda: graphics,
};

/** How far numbers may lie apart on a backend, as a part of the largest expected one. */
export function toleranceOf(backend: string, scope: Scope, dtype: DType): number {
  return (byBackend[backend] ?? defaults)[scope][dtype];
}
