import type { DType } from '@spatiallock/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Setup } from './lowering.js';

/** Converts numbers of one dtype to another; float16 is the matter of `cast`. */
export function converter(
  from: DType,
  to: 'float32' | 'int32' | 'bool',
  { kernel, constant, castsLazily }: Setup,
): (x: TensorInfo) => TensorInfo {
  const whole = from === 'int32' || from === 'bool';
  if (to === 'bool' && from !== 'bool') {
    // Casting would keep the lowest byte only.
    const different = kernel('NotEqual');
    const data = whole ? Int32Array.of(0) : Float32Array.of(0);
    const zero = constant({ dtype: whole ? 'int32' : 'float32', shape: [], data });
    return (x) => different({ a: x, b: zero });
  }
  const cast = kernel('Cast');
  if (!(castsLazily && whole && to === 'float32')) return (x) => cast({ x }, { dtype: to });
  const multiply = kernel('Multiply');
  const one = constant({ dtype: 'float32', shape: [], data: Float32Array.of(1) });
  return (x) => multiply({ a: cast({ x }, { dtype: to }), b: one });
}
