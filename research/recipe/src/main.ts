// `npm run train:emoji`: the whole recipe of the embedded model. It resumes where it was stopped.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '@spatiallock/backend-onnx';
import type { Backend } from '@spatiallock/core';
import { loadArt } from '@spatiallock/scenes';
import { profiles, withSettings } from './runs.js';
import { readStart } from './start.js';
import { stageNames, trainGenerator } from './train.js';

const USAGE = `npm run train:emoji -- [--profile ${Object.keys(profiles).join('|')}] [--set unet.steps=4000 ...]
  [--folder runs/emoji] [--last ${stageNames.join('|')}]
  [--backend MODULE]   a module whose default export makes a backend; default the processor
  [--encoder MODULE]   another one that encodes the scenes, such as one with more digits; default the same
  [--workers N]        threads that draw scenes; default one for each core
  [--start DIR]        a model directory of this recipe whose U-Net is trained on
  [--seen N]           scenes that earlier runs have seen: new ones follow
  [--art DIR]          folder of the art; default that of @lobehub/fluent-emoji-3d`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      profile: { type: 'string', default: 'cores' },
      set: { type: 'string', multiple: true, default: [] },
      folder: { type: 'string', default: 'runs/emoji' },
      last: { type: 'string', default: stageNames[stageNames.length - 1] },
      backend: { type: 'string' },
      encoder: { type: 'string' },
      workers: { type: 'string' },
      worker: { type: 'string' },
      art: { type: 'string' },
      start: { type: 'string' },
      seen: { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(USAGE);
  const profile = Object.entries(profiles).find(([name]) => name === values.profile)?.[1];
  const last = stageNames.find((name) => name === values.last);
  if (!profile || !last || !Number.isInteger(Number(values.seen))) throw new Error(USAGE);
  const controller = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(event, () => controller.abort());
  const backend = await backendOf(values.backend);
  const encoderModule = values.encoder ?? values.backend;
  const encoder = encoderModule === undefined ? backend : await backendOf(encoderModule);
  try {
    await trainGenerator({
      backend,
      encoder,
      last,
      ...(values.start ? { start: await readStart(values.start) } : {}),
      seen: Number(values.seen),
      folder: values.folder,
      art: await loadArt(values.art),
      pool: {
        ...(values.workers ? { workers: Number(values.workers) } : {}),
        ...(values.worker ? { workerUrl: pathToFileURL(resolve(values.worker)) } : {}),
      },
      runs: withSettings(profile, values.set),
      signal: controller.signal,
      say: (line) => console.log(line),
    });
  } finally {
    await backend.dispose();
    if (encoder !== backend) await encoder.dispose();
  }
}

async function backendOf(path: string | undefined): Promise<Backend> {
  if (path === undefined) return cpu();
  const module = (await import(pathToFileURL(resolve(path)).href)) as { default?: () => Backend };
  if (typeof module.default !== 'function') {
    throw new Error(`--backend: ${path} must have a default export that makes a backend`);
  }
  return module.default();
}

await main();
