import { sameShape, type Tensor, type Tensors } from '@spatiallock/core';
import { float16ToFloat32 } from '@spatiallock/core/io';
import { type Scope, toleranceOf } from './tolerances.js';

/** Throws unless every expected tensor is there with its shape, its dtype and, nearly, its numbers. */
export function expectTensors(backend: string, scope: Scope, actual: Tensors, expected: Tensors): void {
  for (const [name, tensor] of Object.entries(expected)) {
    const found = actual[name];
    if (!found) throw new Error(`${name}: is missing; given were ${Object.keys(actual).join(', ')}`);
    expectTensor(name, found, tensor, toleranceOf(backend, scope, tensor.dtype));
  }
}

export function expectTensor(name: string, actual: Tensor, expected: Tensor, tolerance: number): void {
  if (actual.dtype !== expected.dtype || !sameShape(actual.shape, expected.shape)) {
    throw new Error(`${name}: is ${typeText(actual)} but must be ${typeText(expected)}`);
  }
  const { error, at } = worst(numbersOf(actual), numbersOf(expected));
  if (error > tolerance) {
    throw new Error(
      `${name}[${at}]: is ${numbersOf(actual)[at]} but must be ${numbersOf(expected)[at]}; the error is ` +
        `${error.toExponential(1)} of the largest number, allowed are ${tolerance.toExponential(1)}`,
    );
  }
}

/** The largest difference as a part of the largest expected number, and where it is. */
export function worst(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { readonly error: number; readonly at: number } {
  if (actual.length !== expected.length) return { error: Number.POSITIVE_INFINITY, at: 0 };
  let [difference, at, scale] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Number.isFinite(e)) scale = Math.max(scale, Math.abs(e));
    const apart = Object.is(a, e) || a === e ? 0 : Math.abs(a - e);
    // A number that is none, or lies at another end of infinity, is as wrong as can be.
    if (!(apart <= difference)) {
      difference = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
      at = i;
    }
  }
  return { error: difference === 0 ? 0 : difference / Math.max(scale, 1e-12), at };
}

function numbersOf({ data }: Tensor): ArrayLike<number> {
  return data instanceof Uint16Array ? float16ToFloat32(data) : data;
}

function typeText({ dtype, shape }: Tensor): string {
  return `${dtype}[${shape.join(', ')}]`;
}
