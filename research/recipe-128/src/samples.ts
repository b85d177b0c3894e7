// Pictures of the model in training, beside the boxes that were asked for.

import { cpu } from '@spatiallock/backend-onnx';
import { directory, fromPretrained, writeFileAtomically } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { askedOf, heldOutLayout } from '@spatiallock/research-scenes-128';
import sharp from 'sharp';
import { IMAGE_SIZE } from './settings.js';

const COLUMNS = 6;
const ROWS = 2;

/** Writes a grid of pictures for the first held-out layouts as PNG. */
export async function writeSamples(model: string, path: string): Promise<void> {
  const pipeline = await fromPretrained(directory(model), { backend: cpu(), plugins: [poi()] });
  const layouts = Array.from({ length: COLUMNS * ROWS }, (_, seed) => heldOutLayout(seed));
  const { images } = await pipeline.generate(layouts.map(askedOf), { seed: 1 });
  await pipeline.dispose();
  const tiles = images.map(({ data, width, height }, i) => ({
    input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels: 3 as const },
    left: (i % COLUMNS) * IMAGE_SIZE,
    top: Math.floor(i / COLUMNS) * IMAGE_SIZE,
  }));
  const boxes = layouts.map(({ objects }, i) => ({
    input: Buffer.from(outline(objects)),
    left: (i % COLUMNS) * IMAGE_SIZE,
    top: Math.floor(i / COLUMNS) * IMAGE_SIZE,
  }));
  const sheet = {
    width: COLUMNS * IMAGE_SIZE,
    height: ROWS * IMAGE_SIZE,
    channels: 3 as const,
    background: '#000',
  };
  const png = await sharp({ create: sheet })
    .composite([...tiles, ...boxes])
    .png()
    .toBuffer();
  await writeFileAtomically(path, png);
}

function outline(objects: readonly { readonly box: readonly number[] }[]): string {
  const rects = objects.map(({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }) => {
    const [x, y, w, h] = [x0, y0, x1 - x0, y1 - y0].map((side) => side * IMAGE_SIZE);
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="white" stroke-opacity=".7"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${IMAGE_SIZE}" height="${IMAGE_SIZE}">${rects.join('')}</svg>`;
}
