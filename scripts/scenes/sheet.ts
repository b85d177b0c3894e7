// Writes a contact sheet of scenes: npm run scenes:sheet -- [file] [variety] [first seed] [background] [split]
import { renameSync } from 'node:fs';
import { loadArt, renderBatch, type Split, type Variety } from '@spatiallock/scenes';
import sharp from 'sharp';

const [file = 'scenes.png', variety = 'mixed', start = '0', background, split = 'train'] =
  process.argv.slice(2);
const [columns, rows, size] = [6, 4, 256];

const art = await loadArt();
const seeds = Array.from({ length: columns * rows }, (_, k) => Number(start) + k);
const { images, plans } = renderBatch(art, seeds, {
  variety: variety as Variety,
  split: split as Split,
  ...(background ? { background } : {}),
});
const length = 3 * size * size;
const tiles = plans.map((_, k) => ({
  input: Buffer.from(images.subarray(k * length, (k + 1) * length)),
  raw: { width: size, height: size, channels: 3 as const },
  left: (k % columns) * size,
  top: Math.floor(k / columns) * size,
}));
await sharp({ create: { width: columns * size, height: rows * size, channels: 3, background: 'white' } })
  .composite(tiles)
  .png()
  .toFile(`${file}.part`);
renameSync(`${file}.part`, file);
for (const { seed, background: place, caption } of plans) console.log(`${seed} ${place}: ${caption}`);
