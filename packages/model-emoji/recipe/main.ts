// `npm run train:emoji`: the whole recipe of the embedded model. It resumes where it was stopped.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import type { Tensors } from '@spatiallock/core';
import { loadArt } from '@spatiallock/scenes';
import { autoencoderRun, autoencoderStage } from './autoencoder.js';
import { exportModel } from './export.js';
import { writeProgressPage } from './report.js';
import { writeSamples } from './samples.js';
import { sceneBank } from './sceneBank.js';
import { autoencoderConfig } from './settings.js';
import { trainStage } from './stage.js';
import { textConfig, textStage, textTokenizer } from './text.js';
import { textTable, unetRun, unetStage } from './unet.js';

const BANK_SIZE = 8_000;
const MODEL_FOLDER = fileURLToPath(new URL('../model', import.meta.url));

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());

const folder = process.env.SPATIALLOCK_RUN ?? 'runs/emoji';
const art = await loadArt();
const backend = cpu();
const context = { backend, folder, signal: controller.signal };

const text = await trainStage(textStage(), context);
const autoencoder = await trainStage(autoencoderStage(art, autoencoderRun), context);
const bank = await sceneBank({
  ...context,
  art,
  config: autoencoderConfig,
  weights: autoencoder,
  size: BANK_SIZE,
});
const texts = await textTable(backend, textTokenizer, textConfig, text, unetRun.batch);
const show = async (unet: Tensors, done: number): Promise<void> => {
  await exportModel(MODEL_FOLDER, { autoencoder, text, unet, latentScale: bank.scale });
  await writeSamples(MODEL_FOLDER, join(folder, 'samples', `step-${String(done).padStart(6, '0')}.png`));
  await writeProgressPage(folder, ['text', 'autoencoder', 'unet']);
};
await trainStage({ ...unetStage(unetRun, bank, texts), onSave: show }, context);
