// One picture: photographs cut out along their outlines before another photograph.

import { type Box, iou } from '@spatiallock/core';
import { type Random, random } from '@spatiallock/core/nn';
import type { LabelledImage } from '@spatiallock/data';
import sharp, { type OverlayOptions } from 'sharp';
import type { Stamp } from './stamps.js';

export interface ComposeOptions {
  readonly stamps: readonly Stamp[];
  /** Paths of photographs; none: plain colours. */
  readonly backgrounds: readonly string[];
  /** Pixels of a side. */
  readonly size: number;
}

const MOST = 4;
const OVERLAP = 0.15;
const TRIES = 60;
/** Geometric mean of an object's sides, as a fraction of the picture's. */
const SIDES = [0.16, 0.6] as const;

export interface Composed {
  readonly png: Buffer;
  readonly objects: LabelledImage['objects'];
}

/** The picture of a seed: it decides what stands where. */
export async function compose(
  seed: number,
  { stamps, backgrounds, size }: ComposeOptions,
): Promise<Composed> {
  const rng = random(seed);
  const layers: OverlayOptions[] = [];
  const objects: LabelledImage['objects'][number][] = [];
  const count = 1 + rng.int(MOST);
  for (let i = 0; i < count; i++) {
    const { path, label } = stamps[rng.int(stamps.length)]!;
    const cut = await sharp(path).ensureAlpha().trim().png().toBuffer({ resolveWithObject: true });
    const place = placeFor(rng, cut.info.width / cut.info.height, size, objects);
    if (!place) continue;
    const { left, top, width, height } = place;
    const resized = sharp(cut.data).resize(width, height, { fit: 'fill' });
    layers.push({
      input: await (rng.uniform() < 0.5 ? resized.flop() : resized).png().toBuffer(),
      left,
      top,
    });
    const box: Box = [left / size, top / size, (left + width) / size, (top + height) / size];
    objects.push({ label, box });
  }
  const behind = await background(rng, backgrounds, size);
  return { png: await sharp(behind).composite(layers).removeAlpha().png().toBuffer(), objects };
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** In pixels; undefined where no room was found. */
function placeFor(
  rng: Random,
  aspect: number,
  size: number,
  others: readonly { readonly box: Box }[],
): Place | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const side = size * SIDES[0] * (SIDES[1] / SIDES[0]) ** rng.uniform();
    const [width, height] = [side * Math.sqrt(aspect), side / Math.sqrt(aspect)].map((each) =>
      Math.round(each),
    );
    if (Math.min(width!, height!) < 4 || Math.max(width!, height!) > size) continue;
    const [left, top] = [rng.int(size - width! + 1), rng.int(size - height! + 1)];
    const box: Box = [left / size, top / size, (left + width!) / size, (top + height!) / size];
    if (others.every((other) => iou(other.box, box) <= OVERLAP))
      return { left, top, width: width!, height: height! };
  }
  return undefined;
}

/** A random part of a photograph, or a colour. */
async function background(rng: Random, paths: readonly string[], size: number): Promise<Buffer> {
  if (paths.length === 0) {
    const [r, g, b] = [rng.int(256), rng.int(256), rng.int(256)];
    return sharp({ create: { width: size, height: size, channels: 3, background: { r: r!, g: g!, b: b! } } })
      .png()
      .toBuffer();
  }
  const picture = sharp(paths[rng.int(paths.length)]!);
  const { width, height } = await picture.metadata();
  const side = Math.max(1, Math.floor(Math.min(width, height) * (0.4 + 0.6 * rng.uniform())));
  const [left, top] = [rng.int(width - side + 1), rng.int(height - side + 1)];
  return picture
    .extract({ left, top, width: side, height: side })
    .resize(size, size)
    .removeAlpha()
    .png()
    .toBuffer();
}
