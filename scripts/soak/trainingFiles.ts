// What `spatiallock train` is given in the soak: a model of a few thousand weights, and pictures with boxes.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { random } from '@spatiallock/core/nn';
import { encodePng } from '@spatiallock/node';
import { tinyModel } from '../fuzz/tinyModel.js';

const PICTURES = 16;
const [WIDTH, HEIGHT] = [24, 20];

export const STEPS = 60;
/** A tenth of the steps, after which the command tells of its progress. */
export const SAVE_EVERY = 6;

/** Writes model, pictures and boxes into a folder; returns the words of a command that trains into `out`. */
export async function trainingFiles(folder: string): Promise<(out: string) => readonly string[]> {
  for (const [path, bytes] of await tinyModel()) {
    const file = join(folder, 'base', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  const ids = Array.from({ length: PICTURES }, (_, i) => i + 1);
  await mkdir(join(folder, 'images'));
  for (const id of ids) {
    const rng = random(id);
    const data = Uint8ClampedArray.from({ length: 3 * WIDTH * HEIGHT }, () => rng.int(256));
    await writeFile(
      join(folder, 'images', `${id}.png`),
      await encodePng({ width: WIDTH, height: HEIGHT, channels: 3, data }),
    );
  }
  const coco = {
    categories: [{ id: 1, name: 'dog' }],
    images: ids.map((id) => ({ id, file_name: `${id}.png`, width: WIDTH, height: HEIGHT })),
    annotations: ids.map((id) => ({ id, image_id: id, category_id: 1, bbox: [2, 2, 8 + (id % 8), 12] })),
  };
  await writeFile(join(folder, 'coco.json'), JSON.stringify(coco));
  const files = ['--data', join(folder, 'coco.json'), '--images', join(folder, 'images')];
  const base = ['--base', join(folder, 'base'), '--threads', '1', '--batch', '2', '--rate', '0.01'];
  const steps = ['--steps', String(STEPS), '--save-every', String(SAVE_EVERY), '--validation', '0.2'];
  return (out) => ['train', ...files, ...base, ...steps, '--out', out];
}
