// Pictures of plans: photographs cut out along their outlines before another photograph.

import { random } from '@spatiallock/core/nn';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import type { PicturePlan } from './plan.js';
import type { Photograph } from './stamps.js';

/** What pictures are made of. */
export interface Material {
  readonly photographs: readonly Photograph[];
  /** None: plain colours. */
  readonly backgrounds: readonly Background[];
}

/** A photograph behind the others: RGB. */
interface Background {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a background's shorter side: enough for parts of it at 256 pixels, and quick to cut. */
const SHORTER = 640;

/** Reads a background, made smaller: decoding a large photograph for each picture would take most of the time. */
export async function loadBackground(path: string): Promise<Background> {
  const { data, info } = await sharp(path)
    .removeAlpha()
    .toColourspace('srgb')
    .resize(SHORTER, SHORTER, { fit: 'outside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Backgrounds are drawn apart from places, so that their number changes no place. */
const BACKGROUND_SEED = 2 ** 31;

/** Draws a plan with `size` pixels a side, RGB. */
export async function compose(plan: PicturePlan, material: Material, size: number): Promise<Sharp> {
  const layers = await Promise.all(
    plan.objects.map(async ({ index, box, flip }): Promise<OverlayOptions> => {
      const [left, top, right, bottom] = box.map((edge) => Math.round(edge * size)) as [
        number,
        number,
        number,
        number,
      ];
      const { png } = material.photographs[index]!;
      const resized = sharp(png).resize(right - left, bottom - top, { fit: 'fill' });
      return { input: await (flip ? resized.flop() : resized).png().toBuffer(), left, top };
    }),
  );
  const behind = await background(plan.seed + BACKGROUND_SEED, material.backgrounds, size);
  // The pixels are final before others read them: sharp applies what follows before it composes.
  return sharp(await sharp(behind).composite(layers).removeAlpha().png().toBuffer());
}

/** A random part of a photograph, or a colour. */
async function background(seed: number, known: readonly Background[], size: number): Promise<Buffer> {
  const rng = random(seed);
  if (known.length === 0) {
    const [r, g, b] = [rng.int(256), rng.int(256), rng.int(256)];
    return sharp({ create: { width: size, height: size, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
  }
  const { data, width, height } = known[rng.int(known.length)]!;
  const side = Math.max(1, Math.floor(Math.min(width, height) * (0.4 + 0.6 * rng.uniform())));
  const [left, top] = [rng.int(width - side + 1), rng.int(height - side + 1)];
  return sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left, top, width: side, height: side })
    .resize(size, size)
    .png()
    .toBuffer();
}
