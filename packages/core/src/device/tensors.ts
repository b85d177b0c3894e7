import { checkObject } from '../checks/index.js';
import { checkValue } from '../graph/operands.js';
import { sameShape } from '../graph/shapes.js';
import { type DType, type Shape, sizeOf, type Tensor, type Tensors } from '../graph/tensor.js';
import type { Values } from '../graph/value.js';
import { checkTensor } from '../graph/value.js';

/** Throws unless every value is given, in its dtype and shape. `float32` and `float16` stand for each other. */
export function checkTensors(kind: 'inputs' | 'params', wanted: Values, given: Tensors): void {
  checkObject(given, kind);
  checkObject(wanted, `wanted ${kind}`);
  for (const [name, value] of Object.entries(wanted)) {
    checkValue(kind, value, name);
    const tensor = given[name];
    if (!tensor) throw new Error(`${kind}.${name}: missing; give ${shapeText(value)}`);
    checkTensor(tensor, `${kind}.${name}`);
    if (kindOf(tensor.dtype) !== kindOf(value.dtype) || !sameShape(tensor.shape, value.shape)) {
      throw new Error(`${kind}.${name}: is ${shapeText(tensor)} but must be ${shapeText(value)}`);
    }
    const count = countOf(tensor);
    if (count !== sizeOf(tensor.shape)) {
      throw new Error(`${kind}.${name}: ${count} numbers do not fill ${shapeText(tensor)}`);
    }
  }
}

/** How many numbers a tensor holds; those that lie in a file are not read. */
function countOf(tensor: Tensor): number {
  const { place, stored, coded, shape } = tensor;
  if (place) return place.length / 4;
  if (stored) return stored.place ? stored.place.length / 2 : stored.data.length;
  // What is kept in a few bits was counted when it was read.
  return coded ? sizeOf(shape) : tensor.data.length;
}

const kindOf = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype);

function shapeText({ dtype, shape }: { readonly dtype: DType; readonly shape: Shape }): string {
  return `${dtype}[${shape.join(', ')}]`;
}
