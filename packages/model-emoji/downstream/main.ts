// `npm run downstream`: do generated pictures make a detector better? Flags after `--`: --real 200 --sizes 0,200,1000,5000
// --seeds 1,2,3 --steps 1000 --batch 16 --real-share 0.5 --held-out 500 --denoise 25 --folder DIR --model DIR --threads 2.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { defaultCenterConfig } from '@spatiallock/detectors';
import { fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { loadArt } from '@spatiallock/scenes';
import { samplePictures } from '../../cli/src/sample.js';
import { modelDirectory } from '../src/index.js';
import { downstream } from './experiment.js';
import type { Painter } from './pictures.js';
import { readDownstream } from './settings.js';

const { settings, folder, model = modelDirectory, threads } = readDownstream(process.argv.slice(2));
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());
const { signal } = controller;

/** Tells models apart, also those that a training writes to the same place. */
async function digest(file: string): Promise<string> {
  const bytes = await readFile(join(model, file)).catch(() => '');
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
const weights = {
  unet: await digest('unet/diffusion_pytorch_model.safetensors'),
  poi: await digest('poi/diffusion_pytorch_model.safetensors'),
  vae: await digest('vae/diffusion_pytorch_model.safetensors'),
};

const backend = cpu({ threads });
let opened: ReturnType<typeof fromPretrained> | undefined;
/** The model is loaded when the first picture is painted. */
const paint: Painter = async (layouts, seed) => {
  opened ??= fromPretrained(model, { backend, plugins: [poi()] });
  const options = { seed, steps: settings.denoise, batch: layouts.length, signal };
  return (await samplePictures(await opened, layouts, options)).map(({ image }) => image);
};

try {
  const onLine = (line: string): void => console.log(line);
  const art = await loadArt();
  await downstream({
    art,
    settings,
    folder,
    model: weights,
    paint,
    backend,
    config: defaultCenterConfig,
    signal,
    onLine,
  });
  console.log(await readFile(join(folder, 'downstream.md'), 'utf8'));
} finally {
  await (await opened)?.dispose();
  await backend.dispose();
}
