// Learning from pictures, in a worker of its own: the same `learn` that Node has, over the site's own model.

import type { FileSource } from '@spatiallock/core';
import { adaptedFiles, formatAdapter } from '@spatiallock/core/adapters';
import { readWeights } from '@spatiallock/core/io';
import { learn } from '@spatiallock/training/learn';
import type { LearnReply, LearnRequest } from '../learning/protocol.js';
import { type AssetCache, openAssets } from './assetCache.js';
import { openDevice } from './devices.js';
import { openModelPlugins } from './plugins.js';

/** Answers with progress and at last with an adapter. Rejects with an error that names the picture or the setting at fault. */
export async function learnHere(
  { base, device, job, resumeFrom }: Extract<LearnRequest, { type: 'learn' }>,
  stop: AbortSignal,
  report: (reply: LearnReply) => void,
): Promise<void> {
  const { subjects, rehearse, ...settings } = job;
  report({ type: 'learning', progress: { task: 'loading', done: 0, steps: settings.steps } });
  const assets = await openAssets(base);
  const { backend } = await openDevice(device, { base, assets });
  const files = await wholeModel(assets);
  const { plain } = await openModelPlugins(files, Promise.resolve(backend), (folder) =>
    assets.folder(folder.split('/').slice(2).join('/')),
  );
  const { adapter, losses } = await learn({
    ...settings,
    backend,
    plugins: plain,
    base: files,
    pictures: subjects.map(({ picture, objects }) => ({ image: picture, objects })),
    rehearse,
    stop,
    ...(resumeFrom ? { resumeFrom } : {}),
    onState: (state) => report({ type: 'learnState', state }),
    onProgress: (progress) => report({ type: 'learning', progress }),
  });
  report({ type: 'learnt', adapter: new Uint8Array(formatAdapter(adapter)), losses });
}

/** The site's model has no encoder, for painting needs none; here it is fetched beside. */
async function wholeModel(assets: AssetCache): Promise<FileSource> {
  const vae = await readWeights(assets.folder('encoder'), '', { float32: true });
  return adaptedFiles(assets.folder('model'), { weights: { vae } });
}
