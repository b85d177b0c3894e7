// `npm run suspects -- 48`: what keeps the embedded model from the figures of real scenes, on so many layouts.

import { fileURLToPath } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import { centerDetector } from '@spatiallock/detectors';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { readPretrained } from '../recipe/pretrained.js';
import { modelDirectory } from '../src/index.js';
import { suspects } from './suspects.js';

const count = Number(process.argv[2] ?? 48);
if (!Number.isSafeInteger(count) || count < 1) {
  throw new Error(`layouts: must be a whole number of at least 1, not ${process.argv[2]}`);
}
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const judgeFolder = fileURLToPath(new URL('../../detectors/weights/center', import.meta.url));

const backend = cpu();
const pipe = await fromPretrained(modelDirectory, { backend, plugins: [poi()] });
const judge = await centerDetector({ backend, files: directory(judgeFolder) });
await suspects({
  backend,
  pipe,
  judge,
  count,
  weights: await readPretrained(modelDirectory),
  signal: controller.signal,
  say: ({ name, meanIoU, success }) =>
    console.log(`${name.padEnd(44)} mean IoU ${meanIoU.toFixed(3)}  success ${success.toFixed(3)}`),
});
await Promise.all([judge.dispose(), pipe.dispose()]);
await backend.dispose();
