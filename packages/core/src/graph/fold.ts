// Computing at build time what depends on small constants alone.

import { type Kernels, zeros } from '../reference/dense.js';
import { elementwiseKernels } from '../reference/elementwise.js';
import { layoutKernels } from '../reference/layout.js';
import { reduceKernels } from '../reference/reduce.js';
import { sizeOf, type Tensor, type TensorData } from './tensor.js';
import { attrsOf, type ConstantAttrs, constant, constantOp, type Value } from './value.js';

const MAX_NUMBERS = 1024;

/** Convolutions and matrix products of constants are rare: their kernels stay out of small bundles. */
const kernels: Kernels = { ...elementwiseKernels, ...layoutKernels, ...reduceKernels };

/** The constant that a node of small constants comes to, or the node itself. */
export function fold(value: Value): Value {
  const kernel = kernels[value.op.name];
  if (!kernel || value.inputs.length === 0 || !isSmall(value)) return value;
  if (!value.inputs.every((x) => x.op === constantOp && isSmall(x))) return value;
  const out = zeros(value.dtype, value.shape);
  kernel(
    value.inputs.map((x) => attrsOf<ConstantAttrs>(x).tensor as SmallTensor),
    out,
    value.attrs,
  );
  return constant({ dtype: value.dtype, shape: value.shape, data: out.data as TensorData });
}

type SmallTensor = Tensor & { readonly data: Exclude<TensorData, Uint16Array> };

/** float16 is left alone: its numbers are raw bits. */
function isSmall(value: Value): boolean {
  return value.dtype !== 'float16' && sizeOf(value.shape) <= MAX_NUMBERS;
}
