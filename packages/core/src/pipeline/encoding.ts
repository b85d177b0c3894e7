// Pictures to latents.

import { type Tensor, tensor } from '../graph/tensor.js';
import { encoderGraph } from './autoencoder.js';
import type { DecoderComponent } from './decoding.js';

/** A picture's [3, H, W] in -1..1 as latents [1, C, h, w] of these sides, as the U-Net sees them. */
export async function encodeImage(
  { decoder, graphs }: DecoderComponent,
  image: Float32Array,
  [height, width]: readonly [number, number],
): Promise<Tensor> {
  const { factor } = decoder;
  const given = { image: tensor(image, [1, 3, height * factor, width * factor]) };
  const outputs = await graphs.use(
    `encode ${height} x ${width}`,
    () => encoderGraph(decoder, height, width),
    (executable) => executable.run(given),
  );
  return outputs.latents!;
}
