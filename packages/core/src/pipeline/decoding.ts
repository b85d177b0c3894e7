// Latents to pictures.

import { showValue } from '../checks/showValue.js';
import { type Tensor, tensor } from '../graph/tensor.js';
import { decoderGraph, type LatentAutoencoder } from './autoencoder.js';
import type { GraphCache } from './graphCache.js';
import { imagesOf, type RgbImage } from './image.js';

/** The decoder of a pipeline with its compiled graphs. */
export interface DecoderComponent {
  readonly decoder: LatentAutoencoder;
  readonly graphs: GraphCache;
  /** Whether pictures can be read, too: some files hold the decoder alone. */
  readonly encodes?: boolean;
}

/** The picture of one row of float32 latents [N, C, h, w], as the U-Net sees them. */
export async function decodeRow(
  { decoder, graphs }: DecoderComponent,
  latents: Tensor,
  row: number,
): Promise<RgbImage> {
  const [count, channels, height, width] = latents.shape;
  if (!Number.isInteger(row) || row < 0 || row >= count) {
    throw new Error(`row: must be a whole number of 0..${count - 1}, not ${showValue(row)}`);
  }
  const size = channels * height * width;
  const data = (latents.data as Float32Array).subarray(row * size, (row + 1) * size);
  const given = { latents: tensor(data, [1, channels, height, width]) };
  const outputs = await graphs.use(
    `${height} x ${width}`,
    () => decoderGraph(decoder, height, width),
    (executable) => executable.run(given),
  );
  return imagesOf(outputs.image)[0];
}
