// npm run evaluate -w @spatiallock/example-own-plugin -- RUN: paints held-out layouts with what was trained, and measures it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import { PLUGIN_VERSION, type Plugin } from '@spatiallock/core';
import { centerDetector } from '@spatiallock/detectors';
import { evaluateScenes, type Figures } from '@spatiallock/evaluation';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { heldOutScenes, realImages } from '@spatiallock/scenes';
import { ownPlugin } from './ownPlugin.js';

const [run = 'run', count = '48'] = process.argv.slice(2);
/** Takes layouts and does nothing with their boxes. */
const captions: Plugin = { name: 'captions', pluginVersion: PLUGIN_VERSION, groundsObjects: true };
const rows: readonly (readonly [title: string, model: string, plugin: Plugin])[] = [
  ['captions alone', join(run, 'base'), captions],
  ['own plugin', join(run, 'own'), ownPlugin],
  ['PoI, trained in the same way', join(run, 'poi'), poi()],
  ['PoI of the embedded model', modelDirectory, poi()],
];

const backend = cpu();
const weights = fileURLToPath(import.meta.resolve('@spatiallock/detectors/weights/center/config.json'));
const evaluator = await centerDetector({ backend, files: directory(join(weights, '..')) });
const { signal } = new AbortController();
console.log('|  | mean IoU | success | AP50 |\n| --- | --- | --- | --- |');
for (const [title, model, plugin] of rows) {
  if (!existsSync(model)) continue;
  const pipe = await fromPretrained(model, { backend, plugins: [plugin] });
  const scenes = heldOutScenes(1, Number(count));
  const { generated, real } = await evaluateScenes({
    ...{ pipe, evaluator, scenes, signal },
    realPictures: realImages,
    seed: 1,
    batch: 8,
  });
  const figures = ({ meanIoU, instanceSuccessRate, AP50 }: Figures) =>
    [meanIoU, instanceSuccessRate, AP50].map((value) => value.toFixed(3)).join(' | ');
  console.log(`| ${title} | ${figures(generated)} |`);
  if (real && plugin === rows.at(-1)?.[2]) console.log(`| real scenes | ${figures(real)} |`);
  await pipe.dispose();
}
await evaluator.dispose();
await backend.dispose();
