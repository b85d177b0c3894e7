// `npm run train:emoji`: the whole recipe of the embedded model. It resumes where it was stopped.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import { choice, filled, InputError, wholeNumber } from '@spatiallock/cli/command';
import type { Backend } from '@spatiallock/core';
import { RESUMES, requireSameSettings, runCommand } from '@spatiallock/research-harness';
import { loadArt } from '@spatiallock/scenes';
import { type Profile, profileNames, profiles, withSettings } from './runs.js';
import { seedRanges } from './settings.js';
import { readStart } from './start.js';
import { stageNames, trainGenerator } from './train.js';

const LAST_SEEN = seedRanges.text - seedRanges.unet - 1;

await runCommand({
  name: 'train:emoji',
  description: 'Train the embedded model: text encoder, autoencoder, U-Net with PoI, and its distillation.',
  kept: RESUMES,
  args: {
    profile: { type: 'string', valueHint: profileNames.join('|'), description: 'default cores' },
    set: { type: 'string', valueHint: 'unet.steps=4000', description: 'a number of the profile; repeatable' },
    folder: { type: 'string', valueHint: 'dir', description: 'of the run; default runs/emoji' },
    last: {
      type: 'string',
      valueHint: stageNames.join('|'),
      description: 'the last stage that is wanted; default all',
    },
    backend: {
      type: 'string',
      valueHint: 'module',
      description: 'whose default export makes a backend; default the processor',
    },
    encoder: {
      type: 'string',
      valueHint: 'module',
      description: 'another one that encodes the scenes, such as one with more digits; default the same',
    },
    workers: {
      type: 'string',
      valueHint: 'n',
      description: 'threads that draw scenes; default one for each core',
    },
    worker: { type: 'string', valueHint: 'module', description: 'of these threads, where it was bundled' },
    start: {
      type: 'string',
      valueHint: 'dir',
      description: 'a model directory of this recipe whose U-Net is trained on',
    },
    seen: {
      type: 'string',
      valueHint: 'n',
      description: 'scenes that earlier runs have seen: new ones follow',
    },
    art: { type: 'string', valueHint: 'dir', description: 'of the art; default @lobehub/fluent-emoji-3d' },
  },
  async run(flags, { signal, say }) {
    const profile: Profile = choice(flags, 'profile', profileNames) ?? 'cores';
    const runs = withSettings(profiles[profile], flags.get('set') ?? []);
    const last = choice(flags, 'last', stageNames) ?? 'distillation';
    const folder = filled(flags, 'folder') ?? 'runs/emoji';
    const seen = wholeNumber(flags, 'seen', { min: 0, max: LAST_SEEN }) ?? 0;
    const workers = wholeNumber(flags, 'workers', { min: 1 });
    const [startFolder, artFolder, worker] = ['start', 'art', 'worker'].map((name) => filled(flags, name));
    const backendModule = filled(flags, 'backend');
    const encoderModule = filled(flags, 'encoder') ?? backendModule;
    const art = await loadArt(artFolder);
    const start = startFolder === undefined ? undefined : await readStart(startFolder);
    const backend = await backendOf('backend', backendModule);
    const encoder = encoderModule === backendModule ? backend : await backendOf('encoder', encoderModule);
    try {
      // States of another beginning would go on with latents that they never learnt from.
      const began = { start: startFolder === undefined ? null : resolve(startFolder), seen };
      await (await requireSameSettings({ flag: 'folder', folder, what: 'a run', settings: began }))();
      await trainGenerator({
        ...{ backend, encoder, last, seen, folder, art, runs, signal, say },
        ...(start ? { start } : {}),
        pool: {
          ...(workers === undefined ? {} : { workers }),
          ...(worker === undefined ? {} : { workerUrl: pathToFileURL(resolve(worker)) }),
        },
      });
    } finally {
      await backend.dispose();
      if (encoder !== backend) await encoder.dispose();
    }
  },
});

async function backendOf(flag: string, path: string | undefined): Promise<Backend> {
  if (path === undefined) return cpu();
  const module = (await import(pathToFileURL(resolve(path)).href)) as { default?: () => Backend };
  if (typeof module.default !== 'function') {
    throw new InputError(`--${flag}: ${path} must have a default export that makes a backend`);
  }
  return module.default();
}
