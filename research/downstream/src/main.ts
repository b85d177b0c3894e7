// `npm run downstream`: do generated pictures make a detector better?

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { centerDetector, defaultCenterConfig } from '@spatiallock/detectors';
import { samplePictures } from '@spatiallock/evaluation';
import { directory as filesIn, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { RESUMES, runCommand } from '@spatiallock/research-harness';
import { modelDirectory } from '@spatiallock/research-model-128';
import { judgeDirectory } from '@spatiallock/research-model-128/judge';
import { loadArt } from '@spatiallock/research-scenes-128';
import { downstream, type ExperimentOptions } from './experiment.js';
import type { Painter } from './pictures.js';
import { downstreamArgs, readDownstream } from './settings.js';

/** Tells models apart, also those that a training writes to the same place. */
async function digest(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => '');
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

await runCommand({
  name: 'downstream',
  description: 'Train a detector on real scenes, with and without generated pictures.',
  kept: RESUMES,
  args: downstreamArgs,
  async run(flags, { signal, say }) {
    const { settings, folder, model: directory = modelDirectory, threads } = readDownstream(flags);
    const weightsOf = (part: string) => digest(join(directory, part, 'diffusion_pytorch_model.safetensors'));
    const model = { unet: await weightsOf('unet'), poi: await weightsOf('poi'), vae: await weightsOf('vae') };
    const backend = cpu({ threads });
    let opened: ReturnType<typeof fromPretrained> | undefined;
    /** The model is loaded when the first picture is painted. */
    const paint: Painter = async (layouts, seed) => {
      opened ??= fromPretrained(directory, { backend, plugins: [poi()] });
      const options = { seed, steps: settings.denoise, batch: layouts.length, signal };
      return (await samplePictures(await opened, layouts, options)).map(({ image }) => image);
    };
    const look: ExperimentOptions['look'] = async (images) => {
      const detector = await centerDetector({ backend, files: filesIn(judgeDirectory), batch: 16 });
      try {
        return await detector.detectMany(images);
      } finally {
        await detector.dispose();
      }
    };
    const config = defaultCenterConfig;
    try {
      const art = await loadArt();
      await downstream({ art, settings, folder, model, paint, look, backend, config, signal, onLine: say });
      say(await readFile(join(folder, 'downstream.md'), 'utf8'));
    } finally {
      await (await opened)?.dispose();
      await backend.dispose();
    }
  },
});
