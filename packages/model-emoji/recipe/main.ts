// `npm run train:emoji`: the whole recipe of the embedded model. It resumes where it was stopped.
// With `-- --continue --steps 2000 --peak 0.001` it trains the published U-Net on, text encoder and autoencoder kept.
// With `--mean DIR` it starts in the middle between them and the weights of another model directory of the same network.
// With `-- --continue --decoder` its decoder is trained on first, with `--continue --sharpen` its whole autoencoder.
// With `-- --pog feature|image|both` Position-Guided Learning takes part; with `--sampled 2000` its image path looks at states
// of the published model's own sampling of so many layouts, too.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '@spatiallock/backend-onnx';
import { loadModel, type Tensors } from '@spatiallock/core';
import { directory, type StageContext, trainStage } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { loadArt } from '@spatiallock/scenes';
import { type DrawStates, textTable } from '@spatiallock/training';
import { autoencoderRun, autoencoderStage } from './autoencoder.js';
import { decoderRun, decoderStage } from './decoder.js';
import { deeperUNet } from './deeperUNet.js';
import { exportModel } from './export.js';
import { meanWeights } from './meanWeights.js';
import { NOISIEST, pogPaths, pogSettings } from './pog.js';
import { type PretrainedParts, readPretrained } from './pretrained.js';
import { writeProgress } from './report.js';
import { sampledStates } from './sampledStates.js';
import { writeSamples } from './samples.js';
import { BANK_SIZE, LAST_FRESH_SEED, sceneBank } from './sceneBank.js';
import { autoencoderConfig, seedRanges, unetConfig } from './settings.js';
import { sharpeningRun, sharpeningStage } from './sharpening.js';
import { textConfig, textStage, textTokenizer } from './text.js';
import { bankPictures, unetRun, unetStage } from './unet.js';

const MODEL_FOLDER = fileURLToPath(new URL('../model', import.meta.url));

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());

const { values: flags } = parseArgs({
  options: {
    continue: { type: 'boolean' },
    steps: { type: 'string' },
    peak: { type: 'string' },
    pog: { type: 'string' },
    sampled: { type: 'string' },
    decoder: { type: 'boolean' },
    sharpen: { type: 'boolean' },
    mean: { type: 'string' },
  },
});
const further = {
  ...(flags.steps === undefined ? {} : { steps: positive('steps', flags.steps) }),
  ...(flags.peak === undefined ? {} : { peak: positive('peak', flags.peak) }),
};
const paths = pogPaths(flags.pog);
if (flags.sampled !== undefined && !paths?.image) {
  throw new Error("--sampled: only PoG's image path looks at them; add --pog image or --pog both");
}
const published = flags.continue ? await readPretrained(MODEL_FOLDER) : undefined;
if (flags.mean !== undefined && !published)
  throw new Error('--mean: needs --continue, whose weights it moves');
const folder = process.env.SPATIALLOCK_RUN ?? (published ? 'runs/emoji-continued' : 'runs/emoji');
const art = await loadArt();
const backend = cpu();
const onLine = (line: string): void => console.log(line);
const context: StageContext = { backend, folder, signal: controller.signal, onLine };

const text = published?.text ?? (await trainStage(textStage(), context));
const coarse = published?.autoencoder ?? (await trainStage(autoencoderStage(art, autoencoderRun), context));
const finer = !published || flags.decoder;
const decoder = finer ? await trainStage(decoderStage(art, decoderRun, coarse), context) : {};
const autoencoder = await sharpened({ ...coarse, ...decoder });
const bank = await sceneBank({
  ...context,
  art,
  config: autoencoderConfig,
  weights: autoencoder,
  size: BANK_SIZE,
  // What stays hard is among the wide scenes, which hold most of what plain ones do.
  variety: published ? 'wide' : 'mixed',
  firstSeed: published ? seedRanges.further : seedRanges.unet,
});
const latentScale = published?.latentScale ?? bank.scale;
const texts = await textTable({
  backend,
  tokenizer: textTokenizer,
  config: textConfig,
  weights: text,
  batch: unetRun.batch,
});
const states = flags.sampled === undefined ? undefined : await ownStates(positive('sampled', flags.sampled));
const pog = await pogSettings(backend, paths, { autoencoder, latentScale }, { states });
const show = async (unet: Tensors, done: number): Promise<void> => {
  const perceptionConfig = pog?.feature?.config;
  await exportModel(MODEL_FOLDER, { autoencoder, text, unet, latentScale, perceptionConfig });
  await writeSamples(MODEL_FOLDER, join(folder, 'samples', `step-${String(done).padStart(6, '0')}.png`));
  await writeProgress(folder, ['text', 'autoencoder', 'decoder', 'sharpening', 'unet']);
};
const scaled = { ...bank, scale: latentScale };
const start = published && (await startOf(published));
const parts = { bank: scaled, pictures: bankPictures(scaled), texts, pog, start };
await trainStage({ ...unetStage({ ...unetRun, ...further }, parts), onSave: show }, context);

async function sharpened(start: Tensors): Promise<Tensors> {
  if (published && !flags.sharpen) return start;
  const { supervisorLikeness } = await import('./supervisor.js');
  const stage = sharpeningStage(art, sharpeningRun, start, await supervisorLikeness(backend));
  const weights = await trainStage(stage, context);
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !Object.hasOwn(stage.frozen!, name)));
}

async function startOf({ unet, unetConfig: config }: PretrainedParts): Promise<Tensors> {
  const deeper = deeperUNet(unet, config, unetConfig);
  return flags.mean === undefined ? deeper : meanWeights(deeper, (await readPretrained(flags.mean)).unet);
}

async function ownStates(count: number): Promise<DrawStates> {
  const model = await loadModel(directory(MODEL_FOLDER), [poi()]);
  const layouts = { count, firstSeed: seedRanges.further + LAST_FRESH_SEED, variety: 'mixed' } as const;
  return sampledStates({ backend, model, ...layouts, noisiest: NOISIEST, folder, signal: controller.signal });
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name}: must be a number above 0, not ${text}`);
  return value;
}
