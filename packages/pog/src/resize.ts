// Bilinear change of resolution as two products with constant matrices: any factor, differentiable everywhere.

import { constant, matmul, swapLast, tensor, type Value } from '@spatiallock/core';

/** x [..., h, w] to [..., height, width], pixels' middles aligned (PyTorch's align_corners = false). */
export function resize(x: Value, height: number, width: number): Value {
  const [h, w] = x.shape.slice(-2) as [number, number];
  const tall = h === height ? x : matmul(constant(weights(h, height)), x);
  return w === width ? tall : matmul(tall, swapLast(constant(weights(w, width))));
}

/** [to, from]: each row mixes two neighbours; enlarging only, for shrinking it samples. */
function weights(from: number, to: number) {
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(place);
    data[i * from + low] += 1 - (place - low);
    data[i * from + Math.min(low + 1, from - 1)] += place - low;
  }
  return tensor(data, [to, from]);
}
