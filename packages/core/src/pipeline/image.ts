// Pictures as plain bytes.

import type { Tensor } from '../graph/tensor.js';
import { checkTensor } from '../graph/value.js';
import { isFiniteData } from '../io/finite.js';

/** An 8-bit RGB picture: rows from the top, `data[(y * width + x) * 3 + channel]`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly data: Uint8ClampedArray;
}

/** The pictures of a float32 tensor [N, 3, height, width] in -1..1; numbers beyond are clamped, NaN and infinities an error. */
export function imagesOf(image: Tensor): RgbImage[] {
  checkTensor(image, 'image');
  const { data, shape } = image;
  const [count, channels, height, width] = shape;
  if (shape.length !== 4 || channels !== 3) {
    throw new Error(`image: must be [N, 3, height, width], not [${shape.join(', ')}]`);
  }
  if (!isFiniteData(data)) {
    throw new Error(
      'image: the decoder gave NaN or an infinity; its weights or its scaling_factor are at fault',
    );
  }
  const plane = height * width;
  return Array.from({ length: count }, (_, n) => {
    const bytes = new Uint8ClampedArray(3 * plane);
    for (let channel = 0; channel < 3; channel++) {
      const from = (3 * n + channel) * plane;
      for (let i = 0; i < plane; i++) bytes[3 * i + channel] = (data[from + i] + 1) * 127.5;
    }
    return { width, height, channels: 3, data: bytes };
  });
}
