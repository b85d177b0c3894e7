// `npm run new-classes`: thirty pictures of two classes that the embedded model never saw, and what it paints afterwards.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { drawLayout, parseSpecification } from '@spatiallock/data';
import { modelDirectory } from '@spatiallock/model-emoji';
import { writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { RESUMES, runCommand } from '@spatiallock/research-harness';
import { classLabels, loadArt } from '@spatiallock/scenes';
import { fineTune } from '@spatiallock/training';
import { measureNew, measureOld } from './measure.js';
import { writePictures } from './pictures.js';
import { newClassesArgs, readSettings } from './settings.js';
import { loadStamps } from './stamps.js';

await runCommand({
  name: 'new-classes',
  description: 'Teach the embedded model two classes by thirty pictures.',
  kept: RESUMES,
  args: newClassesArgs,
  async run(flags, { signal, say }) {
    const settings = readSettings(flags);
    const { folder, threads } = settings;
    const sprites = await loadStamps(settings.stamps);
    await mkdir(folder, { recursive: true });
    const images = join(folder, 'images');
    const pictures = await writePictures(images, settings.pictures, await loadArt(), sprites);
    const backend = cpu({ threads });
    try {
      const out = join(folder, 'model');
      const before = await measureOld({ backend, model: modelDirectory, signal }, settings.oldCount);
      say(`old classes before: ${JSON.stringify(before)}`);
      const begin = process.cpuUsage();
      const clock = performance.now();
      const report = await fineTune({
        ...{ backend, plugins: [poi()], base: modelDirectory, images, pictures, out, signal },
        rehearse: rehearsalLayouts(settings.rehearse),
        steps: settings.steps,
        batch: settings.batch,
        rate: settings.rate,
        unet: settings.unet,
        rehearsal: settings.rehearsal,
        validation: 0,
        minBox: 0.1,
        saveEvery: 500,
        onProgress: ({ task, done, steps, loss }) => {
          if (done % 50 === 0) say(`${task} ${done}/${steps} ${loss?.toFixed(4) ?? ''}`);
        },
      });
      const { user, system } = process.cpuUsage(begin);
      const training = {
        processorSeconds: Math.round((user + system) / 1e6),
        seconds: Math.round((performance.now() - clock) / 1000),
        trainableParameters: report.trainableParameters,
        newWords: report.newWords,
      };
      say(JSON.stringify(training));
      const { images: painted, ...fresh } = await measureNew(
        { backend, model: out, signal },
        sprites,
        settings.count,
      );
      say(`new classes: ${JSON.stringify(fresh)}`);
      const after = await measureOld({ backend, model: out, signal }, settings.oldCount);
      say(`old classes after: ${JSON.stringify(after)}`);
      await mkdir(join(folder, 'painted'), { recursive: true });
      for (const [i, image] of painted.slice(0, 16).entries()) {
        await writePng(join(folder, 'painted', `${i + 1}.png`), image);
      }
      const figures = { settings, training, new: fresh, old: { before, after } };
      await writeFile(join(folder, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
    } finally {
      await backend.dispose();
    }
  },
});

/** Layouts of the classes that the model knows, as `spatiallock train` draws them. */
function rehearsalLayouts(count: number) {
  if (count === 0) return [];
  const specification = parseSpecification({ count, classes: [...classLabels] });
  return Array.from({ length: count }, (_, i) => {
    const { prompt, objects } = drawLayout(specification, i);
    return { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
  });
}
