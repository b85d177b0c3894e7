// npm run train -w @spatiallock/example-own-plugin -- own RUN: paints scenes and trains a plugin on them; RUN/own is a model.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import type { Plugin } from '@spatiallock/core';
import { writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { loadArt, renderBatch } from '@spatiallock/scenes';
import { fineTune } from '@spatiallock/training';
import { ownPlugin } from './ownPlugin.js';
import { writePlainBase } from './plainBase.js';

/** What can be trained from the same start. */
const trainable: Readonly<Record<string, () => Plugin>> = { own: () => ownPlugin, poi: () => poi() };

/** Draws scenes into a folder; gives them as pictures to train on. */
async function paintScenes(folder: string, count: number) {
  await mkdir(folder, { recursive: true });
  const art = await loadArt();
  return Promise.all(
    Array.from({ length: count }, async (_, seed) => {
      const { images, plans, size } = renderBatch(art, [seed], { variety: 'mixed' });
      const picture = {
        width: size,
        height: size,
        channels: 3,
        data: new Uint8ClampedArray(images),
      } as const;
      const fileName = `${seed}.png`;
      if (!existsSync(join(folder, fileName))) await writePng(join(folder, fileName), picture);
      const { caption, objects } = plans[0]!;
      return { fileName, width: size, height: size, caption, objects };
    }),
  );
}

const [name = 'own', run = 'run', steps = '400'] = process.argv.slice(2);
const plugin = trainable[name];
if (!plugin) throw new Error(`${name}: can train ${Object.keys(trainable).join(' or ')}`);
const base = join(run, 'base');
if (!existsSync(base)) await writePlainBase(base);
const images = join(run, 'scenes');
const pictures = await paintScenes(images, 2000);
const started = Date.now();
const backend = cpu();
const report = await fineTune({
  ...{ backend, base, images, pictures, steps: Number(steps) },
  plugins: [plugin()],
  out: join(run, name),
  batch: 16,
  rate: 2e-3,
  minBox: 0.02,
  validation: 0.02,
  onProgress: ({ task, done, loss }) => {
    if (task === 'training' && done % 20 === 0) console.log(`step ${done}: loss ${loss?.toFixed(4)}`);
  },
});
await backend.dispose();
console.log(report.validationLoss, `${report.trainableParameters} numbers learnt`);
console.log(`${((Date.now() - started) / 60_000).toFixed(1)} minutes`);
