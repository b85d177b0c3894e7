// Pictures travel to a device as one number a pixel: a float32 holds the 24 bits of red, green and blue exactly.

import { cast, concat, divide, multiply, subtract, type Tensor, tensor, type Value } from '@spatiallock/core';

/** RGB bytes [N, side, side, 3] as 65536 r + 256 g + b: [N, 1, side, side]. */
export function packPixels(images: Uint8Array, side: number): Tensor {
  const pixels = images.length / 3;
  const data = new Float32Array(pixels);
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    data[i] = (images[at]! << 16) | (images[at + 1]! << 8) | images[at + 2]!;
  }
  return tensor(data, [pixels / (side * side), 1, side, side]);
}

/** Packed pixels to an image [N, 3, side, side] in -1..1. */
export function unpackPixels(packed: Value): Value {
  const red = whole(divide(packed, 65536));
  const rest = subtract(packed, multiply(red, 65536));
  const green = whole(divide(rest, 256));
  const blue = subtract(rest, multiply(green, 256));
  return subtract(divide(concat([red, green, blue], 1), 127.5), 1);
}

/** The whole part of numbers of at least 0. */
const whole = (x: Value): Value => cast(cast(x, 'int32'), 'float32');
