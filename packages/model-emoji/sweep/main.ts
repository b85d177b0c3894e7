// `npm run sweep -- --count 64 '{}' '{"pog":{"strength":0.03,"until":0.4}}'`: the same held-out layouts and seeds by each
// of the settings, judged as by `evaluate`.

import { cpu } from '@spatiallock/backend-onnx';
import { createPipeline, loadModel, type Plugin } from '@spatiallock/core';
import { centerDetector } from '@spatiallock/detectors';
import { directory } from '@spatiallock/node';
import { pog, readPerception } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { heldOutScenes } from '../../cli/src/heldOut.js';
import { judgeDirectory } from '../../cli/src/nodeServices.js';
import { figuresOf, subsetNames } from '../../cli/src/report/figures.js';
import { samplePictures } from '../../cli/src/sample.js';
import { openSupervisor } from '../recipe/supervisor.js';
import { modelDirectory } from '../src/index.js';
import { readSweep, type SweptSetting } from './settings.js';

const BATCH = 16;
const { count, seed, variety, model: folder = modelDirectory, settings } = readSweep(process.argv.slice(2));
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());

const backend = cpu();
const files = directory(folder);
const model = await loadModel(files, [poi()]);
const { guide } = await openSupervisor(backend);
const judge = await centerDetector({ backend, files: directory(judgeDirectory) });
const scenes = heldOutScenes(seed, count, variety);
const layouts = scenes.map(({ layout }) => layout);

for (const setting of settings) {
  const { figures, seconds } = await measure(setting);
  const row = [figures.meanIoU, figures.instanceSuccessRate, figures.AP50, figures.AP];
  console.log(`${JSON.stringify(setting)}: ${row.map((each) => each.toFixed(4)).join('  ')}  ${seconds} s`);
  const subsets = subsetNames.map((name) => `${name} ${figures.subsets[name].meanIoU?.toFixed(3) ?? '-'}`);
  console.log(`  ${subsets.join(', ')}`);
}
await judge.dispose();
await backend.dispose();

/** mean IoU, success, AP50 and AP of one setting, and the seconds a picture took. */
async function measure({ pog: image, feature, ...sampling }: SweptSetting) {
  const guides: Plugin[] = [
    ...(feature ? [pog({ guidance: { ...feature, perception: await readPerception(files) } })] : []),
    ...(image ? [pog({ guidance: { ...image, detector: guide } })] : []),
  ];
  const params = Object.assign({}, model.unet.params, ...guides.map((each) => each.params));
  const plugins = [poi(), ...guides];
  const pipe = createPipeline({ ...model, unet: { ...model.unet, params } }, { backend, plugins });
  try {
    const begin = performance.now();
    const { signal } = controller;
    const sampled = await samplePictures(pipe, layouts, { ...sampling, seed, batch: BATCH, signal });
    const seconds = ((performance.now() - begin) / 1000 / count).toFixed(2);
    const images = sampled.map(({ image }) => image);
    const detections = await judge.detectMany(images);
    const judged = scenes.map((scene, i) => ({ scene, image: images[i]!, detections: detections[i]! }));
    return { figures: figuresOf(judged), seconds };
  } finally {
    await pipe.dispose();
  }
}
