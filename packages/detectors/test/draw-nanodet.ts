// Draws NanoDet's boxes on photographs, side by side:
//   node --import tsx --conditions=@spatiallock/source packages/detectors/test/draw-nanodet.ts OUT.jpg PHOTO...

import { cpu } from '@spatiallock/backend-onnx';
import type { Box, Detection } from '@spatiallock/core';
import { readImage, writeFileAtomically } from '@spatiallock/node';
import { nanodetFiles } from '@spatiallock/testing-nanodet';
import sharp from 'sharp';
import { nanodet } from '../src/index.js';

const HEIGHT = 360;
const colours = ['#e6194b', '#0a7d33', '#1f5fd6', '#b8570a', '#7a1fa2'];

/** Frames and names over a picture of `width` pixels, as SVG. */
function overlay(detections: readonly Detection[], width: number): string {
  const frames = detections.map(({ label, score, box }, k) => {
    const [x0, x1] = [box[0], box[2]].map((x) => Math.min(width - 2, Math.max(2, x * width)));
    const [y0, y1] = [box[1], box[3]].map((y) => Math.min(HEIGHT - 2, Math.max(2, y * HEIGHT)));
    const text = `${label} ${score.toFixed(2)}`;
    const colour = colours[k % colours.length];
    const near = ([x, y]: Box): boolean => Math.abs(x - box[0]) < 0.2 && Math.abs(y - box[1]) < 0.04;
    const top = y0 + 18 * detections.slice(0, k).filter((other) => near(other.box)).length;
    return (
      `<rect x="${x0}" y="${y0}" width="${x1 - x0}" height="${y1 - y0}" fill="none" stroke="${colour}" stroke-width="3"/>` +
      `<rect x="${x0}" y="${top}" width="${8.2 * text.length + 8}" height="18" fill="${colour}"/>` +
      `<text x="${x0 + 4}" y="${top + 13.5}" font-family="DejaVu Sans, sans-serif" font-size="13" fill="#fff">${text}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}">${frames.reverse().join('')}</svg>`;
}

const [out, ...photographs] = process.argv.slice(2);
if (!out || photographs.length === 0) throw new Error('give OUT.jpg and one or more photographs');
const backend = cpu({ threads: 1 });
const detector = await nanodet({ backend, files: nanodetFiles, minScore: 0.35 });
const pictures: { width: number; bytes: Buffer }[] = [];
for (const path of photographs) {
  const image = await readImage(path);
  const found = await detector.detect(image);
  console.log(path, found.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(', '));
  const width = Math.round((image.width * HEIGHT) / image.height);
  const sized = sharp(path).resize(width, HEIGHT);
  const bytes = await sized
    .composite([{ input: Buffer.from(overlay(found, width)) }])
    .png()
    .toBuffer();
  pictures.push({ width, bytes });
}
const total = pictures.reduce((sum, { width }) => sum + width, 0);
const tiles = pictures.map(({ bytes }, k) => ({
  input: bytes,
  top: 0,
  left: pictures.slice(0, k).reduce((sum, { width }) => sum + width, 0),
}));
const page = sharp({ create: { width: total, height: HEIGHT, channels: 3, background: '#fff' } });
await writeFileAtomically(out, await page.composite(tiles).jpeg({ quality: 80, mozjpeg: true }).toBuffer());
await backend.dispose();
