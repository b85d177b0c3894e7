// `npm run suspects -- 48 --scenes wide`: what keeps the embedded model from the figures of real scenes, on so many layouts.
// With `--copies` only the judge and the autoencoder are looked at, which takes seconds.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '@spatiallock/backend-onnx';
import { centerDetector } from '@spatiallock/detectors';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { readPretrained } from '../recipe/pretrained.js';
import { modelDirectory } from '../src/index.js';
import { readVariety } from '../sweep/settings.js';
import { suspects } from './suspects.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scenes: { type: 'string' }, copies: { type: 'boolean' } },
});
const count = Number(positionals[0] ?? 48);
if (!Number.isSafeInteger(count) || count < 1) {
  throw new Error(`layouts: must be a whole number of at least 1, not ${positionals[0]}`);
}
const variety = readVariety(values.scenes);
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const judgeFolder = fileURLToPath(new URL('../../detectors/weights/center', import.meta.url));

const backend = cpu();
const pipe = values.copies ? undefined : await fromPretrained(modelDirectory, { backend, plugins: [poi()] });
const judge = await centerDetector({ backend, files: directory(judgeFolder) });
await suspects({
  backend,
  pipe,
  judge,
  count,
  variety,
  weights: await readPretrained(modelDirectory),
  signal: controller.signal,
  say: ({ name, meanIoU, success, small, stretched }) => {
    const figures = { 'mean IoU': meanIoU, success, 'below 2 %': small, 'beyond 2:1': stretched };
    const cells = Object.entries(figures).flatMap(([title, value]) =>
      value === null ? [] : [`${title} ${value.toFixed(3)}`],
    );
    console.log([name.padEnd(44), ...cells].join('  '));
  },
});
await Promise.all([judge.dispose(), pipe?.dispose()]);
await backend.dispose();
