// `npm run train:emoji`: the whole recipe of the embedded model. It resumes where it was stopped.

import { cpu } from '@spatiallock/backend-onnx';
import { loadArt } from '@spatiallock/scenes';
import { autoencoderRun, autoencoderStage } from './autoencoder.js';
import { trainStage } from './stage.js';

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());

const folder = process.env.SPATIALLOCK_RUN ?? 'runs/emoji';
const art = await loadArt();
const context = { backend: cpu(), folder, signal: controller.signal };
await trainStage(autoencoderStage(art, autoencoderRun), context);
