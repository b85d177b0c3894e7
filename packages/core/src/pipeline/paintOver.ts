// Painting over pictures: where sampling starts, what is kept after each step, and what U-Nets that inpaint are given.

import { type Shape, type Tensor, tensor } from '../graph/tensor.js';
import { conditionChannels } from '../models/unet2dConditionConfig.js';
import type { SamplingPart } from '../plugin/sampling.js';
import { encodeImage } from './encoding.js';
import type { Sides } from './imagePlanes.js';
import type { Components, SamplingRun } from './samplingRun.js';
import { latentMask, type SourcePlanes, sourcePlanes } from './sourcePlanes.js';

/** What a run paints over. */
export interface PaintedOver {
  /** One for each picture; undefined where sampling starts from noise. */
  readonly planes?: readonly SourcePlanes[];
  /** Start and masked sampling, as a plugin would do them. */
  readonly part: SamplingPart;
  /** For U-Nets that inpaint: mask and latents of what is kept, [pictures, 1 + C, h, w]. */
  readonly condition?: Tensor;
}

/** Encodes what is painted over. `shape` is that of the latents, `noise` what sampling starts from. */
export async function paintedOver(
  components: Components,
  { source, layouts, size }: Pick<SamplingRun, 'source' | 'layouts' | 'size'>,
  shape: Shape,
  noise: Float32Array,
): Promise<PaintedOver> {
  const { unet, decoding } = components;
  const { factor } = decoding.decoder;
  const inpaints = conditionChannels(unet.config) > 0;
  const planes = source && sourcePlanes(source, layouts, size, factor);
  const encode = encoderOf(components, shape);
  // A U-Net that inpaints is given an empty picture, all of it to be painted, where none is given.
  const whole = { image: new Float32Array(3 * size.width * size.height) };
  const conditioning = inpaints
    ? await conditionOf(planes ?? layouts.map(() => whole), encode, shape, size)
    : undefined;
  return {
    ...(planes ? { planes } : {}),
    ...(conditioning ? { condition: conditioning } : {}),
    part: planes
      ? await partOf({ planes, strength: source.strength, inpaints, encode, shape, size, noise })
      : {},
  };
}

type Encode = (image: Float32Array) => Promise<Float32Array>;

/** Encodes each different picture once. */
function encoderOf({ decoding }: Components, shape: Shape): Encode {
  const [, , height, width] = shape as [number, number, number, number];
  const known = new Map<Float32Array, Promise<Float32Array>>();
  return (image) => {
    const latents =
      known.get(image) ??
      encodeImage(decoding, image, [height, width]).then(({ data }) => data as Float32Array);
    known.set(image, latents);
    return latents;
  };
}

interface PartOptions {
  readonly planes: readonly SourcePlanes[];
  readonly strength: number;
  /** Whether the U-Net reads the mask. */
  readonly inpaints: boolean;
  readonly encode: Encode;
  readonly shape: Shape;
  readonly size: Sides;
  readonly noise: Float32Array;
}

/** Latents to start from, and, where a U-Net does not read the mask, what is kept after each step. */
async function partOf(given: PartOptions): Promise<SamplingPart> {
  const { planes, strength, inpaints, encode, shape, size, noise } = given;
  const masked = planes.some(({ mask }) => mask !== undefined);
  const fromNoise = masked && strength === 1;
  const blends = masked && !inpaints;
  if (fromNoise && !blends) return {};
  const known = await joined(
    planes.map(({ image }) => image),
    encode,
  );
  const step = size.width / shape[3]!;
  const masks = blends ? masksOf(planes, size, step, shape) : undefined;
  return {
    ...(fromNoise ? {} : { start: ({ addNoise }) => addNoise(known, noise) }),
    ...(masks ? { afterStep: ({ sample, addNoise }) => blended(sample, addNoise(known, noise), masks) } : {}),
  };
}

async function joined(images: readonly Float32Array[], encode: Encode): Promise<Float32Array> {
  const rows: Float32Array[] = [];
  for (const image of images) rows.push(await encode(image));
  const [first] = rows as [Float32Array, ...Float32Array[]];
  const all = new Float32Array(rows.length * first.length);
  for (const [i, row] of rows.entries()) all.set(row, i * first.length);
  return all;
}

/** One number for each latent, repeated for each channel: as many as the latents of all pictures. */
function masksOf(planes: readonly SourcePlanes[], size: Sides, step: number, shape: Shape): Float32Array {
  const [, channels] = shape as [number, number];
  const masks = planes.map(({ mask }) => (mask ? latentMask(mask, size, step) : undefined));
  const cells = shape[2]! * shape[3]!;
  return Float32Array.from(
    { length: masks.length * channels * cells },
    (_, i) => masks[Math.floor(i / (channels * cells))]?.[i % cells] ?? 1,
  );
}

/** What was sampled where the mask is 1, what is known where it is 0. */
export const blended = (sample: Float32Array, known: Float32Array, mask: Float32Array): Float32Array =>
  sample.map((value, i) => (1 - mask[i]!) * known[i]! + mask[i]! * value);

async function conditionOf(
  planes: readonly SourcePlanes[],
  encode: Encode,
  shape: Shape,
  size: Sides,
): Promise<Tensor> {
  const [pictures, channels, height, width] = shape as [number, number, number, number];
  const [cells, step] = [height * width, size.width / width];
  const condition = new Float32Array(pictures * (1 + channels) * cells);
  const hidden = new Map<SourcePlanes, Float32Array>();
  for (const [i, each] of planes.entries()) {
    const at = i * (1 + channels) * cells;
    const kept = hidden.get(each) ?? maskedImage(each);
    hidden.set(each, kept);
    const mask = each.mask ? latentMask(each.mask, size, step) : new Float32Array(cells).fill(1);
    condition.set(mask, at);
    condition.set(await encode(kept), at + cells);
  }
  return tensor(condition, [pictures, 1 + channels, height, width]);
}

/** The picture with 0, a middle grey, wherever it is painted anew. */
export function maskedImage({ image, mask }: SourcePlanes): Float32Array {
  if (!mask) return new Float32Array(image.length);
  return image.map((value, i) => (mask[i % mask.length] === 1 ? 0 : value));
}
