// `npm run photographs:measure`: where a model that learnt the photographs puts them, by the judge that knows them.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { text, wholeNumber } from '@spatiallock/cli/command';
import type { RgbImage } from '@spatiallock/core';
import { evaluateScenes, figuresOf, lookAt } from '@spatiallock/evaluation';
import { fromPretrained, writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { copiesOf, figuresTable, runCommand } from '@spatiallock/research-harness';
import { artDetector } from '@spatiallock/scenes/judge';
import { compose, type Material } from './compose.js';
import { type PicturePlan, planPicture } from './plan.js';
import { materialArgs, readMaterial } from './settings.js';

/** Seeds of layouts that no data set of up to a million pictures from seed 0 holds. */
const HELD_OUT = 10_000_000;
const BATCH = 16;
/** Pixels of a side that places are planned for. */
const SIZE = 128;
const SHOWN = 16;

await runCommand({
  name: 'photographs:measure',
  description:
    "Judge pictures of held-out layouts by the photographs themselves; beside them real ones, and the autoencoder's copies of those.",
  args: {
    ...materialArgs,
    model: { type: 'string', valueHint: 'dir', description: 'a model directory that learnt the photographs' },
    count: { type: 'string', valueHint: '100', description: 'layouts' },
    seed: { type: 'string', valueHint: '1', description: 'of the layouts and of the noise' },
    painted: { type: 'string', valueHint: 'dir', description: `a folder for the first ${SHOWN} pictures` },
    threads: { type: 'string', valueHint: 'n', description: 'default: one for each core' },
  },
  run: async (flags, { signal, say }) => {
    const model = text(flags, 'model');
    if (model === undefined) throw new Error('--model: name the model directory to measure');
    const count = wholeNumber(flags, 'count', { min: 1, max: 100_000 }) ?? 100;
    const seed = wholeNumber(flags, 'seed', { min: 0 }) ?? 1;
    const material = await readMaterial(flags);
    const { photographs } = material;
    const backend = cpu({ threads: wholeNumber(flags, 'threads', { min: 1 }) });
    try {
      const pipe = await fromPretrained(resolve(model), { backend, plugins: [poi()] });
      const first = HELD_OUT + seed * count;
      const scenes = Array.from({ length: count }, (_, i) =>
        sceneOf(planPicture(first + i, photographs, SIZE)),
      );
      const { detect, examine, find } = artDetector({ sprites: photographs });
      const detectMany = (images: readonly RgbImage[]) => Promise.all(images.map((image) => detect(image)));
      const evaluator = { detectMany, examine, find };
      const { generated, real, pictures } = await evaluateScenes({
        pipe,
        evaluator,
        scenes,
        realPictures: (drawn, { width }) =>
          Promise.all(drawn.map(({ plan }) => realPicture(plan, material, width))),
        ...{ seed, batch: BATCH, signal },
      });
      await pipe.dispose();
      const copies = await copiesOf(
        resolve(model),
        backend,
        pictures.map((picture) => picture.real!.image),
      );
      const looks = await lookAt({ name: 'photographs', ...evaluator }, copies, scenes, signal);
      const copied = figuresOf(scenes.map((scene, i) => ({ scene, image: copies[i]!, ...looks[i]! })));
      say(figuresTable({ painted: generated, copies: copied, 'real pictures': real! }));
      const painted = text(flags, 'painted');
      if (painted === undefined) return;
      await mkdir(painted, { recursive: true });
      for (const [i, { image }] of pictures.slice(0, SHOWN).entries()) {
        await writePng(join(painted, `${i + 1}.png`), image);
      }
    } finally {
      await backend.dispose();
    }
  },
});

function sceneOf(plan: PicturePlan) {
  const objects = plan.objects.map(({ phrase, box }) => ({ phrase, box }));
  return {
    plan,
    layout: { prompt: plan.caption, objects },
    labels: plan.objects.map(({ label }) => label),
  };
}

async function realPicture(plan: PicturePlan, material: Material, size: number): Promise<RgbImage> {
  const data = await (await compose(plan, material, size)).raw().toBuffer();
  return { width: size, height: size, channels: 3, data: new Uint8ClampedArray(data) };
}
