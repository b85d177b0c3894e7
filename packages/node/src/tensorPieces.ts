// The numbers of a tensor a piece at a time.

import { open } from 'node:fs/promises';
import { sizeOf, type Tensor } from '@spatiallock/core';
import { float16ToFloat32 } from '@spatiallock/core/io';
import { fileFault } from './fileFault.js';

/** Numbers that are held at once. */
const PIECE = 2 ** 22;

/** A tensor's numbers in their order; what lies in a file is read there, and not kept. */
export async function* piecesOf(tensor: Tensor): AsyncGenerator<Tensor['data']> {
  const { place } = tensor;
  const path = place?.path;
  if (!place || path === undefined) {
    const { data } = tensor;
    for (let at = 0; at < data.length; at += PIECE) yield data.subarray(at, at + PIECE);
    return;
  }
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw fileFault(path, 'read', cause);
  });
  try {
    const count = sizeOf(tensor.shape);
    for (let at = 0; at < count; at += PIECE) {
      const numbers = new Float32Array(Math.min(PIECE, count - at));
      const { bytesRead } = await file.read(numbers, 0, numbers.byteLength, place.offset + 4 * at);
      if (bytesRead < numbers.byteLength) throw new Error(`${path}: became shorter while it was in use`);
      yield numbers;
    }
  } finally {
    await file.close();
  }
}

/** All numbers of a tensor in float32; what lies in a file is read there, and not kept. */
export async function numbersOf(tensor: Tensor): Promise<Float32Array> {
  const numbers = new Float32Array(sizeOf(tensor.shape));
  let at = 0;
  for await (const piece of piecesOf(tensor)) {
    numbers.set(piece instanceof Uint16Array ? float16ToFloat32(piece) : piece, at);
    at += piece.length;
  }
  return numbers;
}
